namespace Demilune.Local.Images;

/// <summary>Names of images as people write them.</summary>
internal static class ImageReference
{
    /// <summary>The full form: <c>nginx</c> is <c>docker.io/library/nginx:latest</c>.</summary>
    public static string Normalise(string reference)
    {
        var (name, digest) = reference.Split('@', 2) is [var left, var right] ? (left, "@" + right) : (reference, "");
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        // A first part with a dot or a port, or localhost, is a registry; anything else is a path on Docker Hub.
        var hasRegistry = slash > 0 && (name[..slash].AsSpan().ContainsAny('.', ':') || name[..slash] is "localhost");
        if (!hasRegistry) name = slash < 0 ? $"docker.io/library/{name}" : $"docker.io/{name}";
        var tagged = name.LastIndexOf(':') > name.LastIndexOf('/');
        return tagged || digest is not "" ? name + digest : name + ":latest";
    }

    /// <summary>What <c>imagePullPolicy</c> is when it is not said: Always for <c>:latest</c>.</summary>
    public static string DefaultPullPolicy(string reference) => Normalise(reference).EndsWith(":latest", StringComparison.Ordinal) ? "Always" : "IfNotPresent";
}
