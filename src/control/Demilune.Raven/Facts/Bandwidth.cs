using k8s.Models;

namespace Demilune.Raven.Facts;

/// <summary>What a pod may send and receive, as its annotations say; equal limits are one QoS policy.</summary>
/// <param name="IngressKbps">To the pod, in thousands of bits a second; null: no limit.</param>
/// <param name="EgressKbps">From the pod.</param>
public sealed record Bandwidth(long? IngressKbps, long? EgressKbps)
{
    public const string IngressAnnotation = "kubernetes.io/ingress-bandwidth";
    public const string EgressAnnotation = "kubernetes.io/egress-bandwidth";

    /// <summary>As Kubernetes' own bandwidth plugin has them: from 1k to 1P bits a second.</summary>
    private const decimal LeastBits = 1_000m, MostBits = 1_000_000_000_000_000m;

    /// <summary>Neutron counts in a signed 32-bit number of kilobits: 2.1 Tbit/s. More than that limits nobody.</summary>
    private const decimal MostKilobits = int.MaxValue;

    public static Bandwidth None { get; } = new(null, null);

    public bool IsNone => this == None;

    /// <summary>A limit that cannot be read is none, and <paramref name="problem"/> says so in words for the pod's owner.</summary>
    public static Bandwidth Of(V1Pod pod, out string? problem)
    {
        problem = null;
        if (pod.Metadata.Annotations is not { } annotations) return None;
        var ingress = Read(annotations, IngressAnnotation, ref problem);
        var egress = Read(annotations, EgressAnnotation, ref problem);
        return ingress is null && egress is null ? None : new(ingress, egress);
    }

    private static long? Read(IDictionary<string, string> annotations, string name, ref string? problem)
    {
        if (!annotations.TryGetValue(name, out var text)) return null;
        decimal bits;
        try
        {
            bits = new ResourceQuantity(text).ToDecimal();
        }
        catch (Exception unreadable) when (unreadable is FormatException or OverflowException or ArgumentException)
        {
            bits = -1;
        }
        if (bits is >= LeastBits and <= MostBits)
            return decimal.Ceiling(bits / 1_000m) is var kilobits and <= MostKilobits ? (long)kilobits : null;
        var told = text.Length > 40 ? text[..40] + "…" : text;
        problem = (problem is null ? "" : problem + " ") +
            $"{name}: \"{told}\" is no number of bits a second between 1k and 1P (such as 10M): this direction has no limit.";
        return null;
    }
}
