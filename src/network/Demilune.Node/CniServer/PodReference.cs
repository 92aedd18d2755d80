using Demilune.Contracts.Nodes;

namespace Demilune.Node.CniServer;

/// <summary>Which pod a runtime speaks of: the K8S_* keys of CNI_ARGS.</summary>
internal readonly record struct PodReference(string Uid, string Namespace, string Name)
{
    public bool IsNamed => Namespace.Length > 0 && Name.Length > 0;

    /// <param name="args">"KEY=VALUE;KEY=VALUE"; unknown keys are ignored.</param>
    public static PodReference Parse(string args)
    {
        var pod = new PodReference("", "", "");
        foreach (var pair in args.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            if (at < 0) continue;
            var value = pair[(at + 1)..];
            pod = pair[..at] switch
            {
                "K8S_POD_UID" => pod with { Uid = value },
                "K8S_POD_NAMESPACE" => pod with { Namespace = value },
                "K8S_POD_NAME" => pod with { Name = value },
                _ => pod,
            };
        }

        return pod;
    }

    public bool Owns(Port port) => Is(port.DeviceId, port.PodNamespace, port.PodName);

    /// <summary>By UID where the runtime says one: a pod deleted and made again has the same name but is another.</summary>
    public bool Is(string uid, string @namespace, string name) =>
        Uid.Length > 0 ? Uid == uid : Namespace == @namespace && Name == name;

    public override string ToString() => $"{Namespace}/{Name}";
}
