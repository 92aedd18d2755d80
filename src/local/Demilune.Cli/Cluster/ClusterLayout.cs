namespace Demilune.Cli.Cluster;

/// <summary>Where a local cluster has its programs, its files and its ports. Two with different layouts can run side by side.</summary>
/// <param name="Programs">Folder with one folder per program, as the build leaves them.</param>
/// <param name="Directory">State: database, certificates, kubeconfig, logs, images. Removed with the cluster.</param>
/// <param name="RunDirectory">Sockets, namespaces, container state. Removed with the cluster.</param>
/// <param name="BpfDirectory">Pinned maps and links. Removed with the cluster.</param>
public sealed record ClusterLayout(string Programs, string Directory, string RunDirectory, string BpfDirectory)
{
    /// <summary>Rules that the firewall's image carries.</summary>
    public required string Rules { get; init; }

    /// <summary>Root of an unpacked Suricata (eng/suricata.sh); null: no image with that engine.</summary>
    public string? Suricata { get; init; }

    public int ApiPort { get; init; } = 6443;

    public int LinkPort { get; init; } = 7443;

    public int RestPort { get; init; } = 7480;

    public int NeutronPort { get; init; } = 9696;

    public int ConsolePort { get; init; } = 7481;

    /// <summary>Firewalls get CPU time for real-time threads where the kernel gives it out by cgroup.</summary>
    public bool RealTime { get; init; }

    /// <summary>Keep the network in this etcd, so that a second controller can share it; null: in a file of the controller's.</summary>
    public Uri? Etcd { get; init; }

    /// <summary>The node link of a second controller; null: there is none.</summary>
    public int? StandbyLinkPort { get; init; }

    public string Node { get; init; } = Environment.MachineName.ToLowerInvariant();

    /// <summary>Addresses of the pods; null: the controller's default.</summary>
    public string? PodNetwork4 { get; init; }

    /// <summary>Addresses of the pods; null: the controller's default.</summary>
    public string? PodNetwork6 { get; init; }

    public string Kubeconfig => Path.Combine(Directory, "kubeconfig");

    public string Logs => Path.Combine(Directory, "logs");

    public string Images => Path.Combine(Directory, "images");

    public string CniConfig => Path.Combine(Directory, "cni");

    public string NodeLink => Path.Combine(Directory, "node-link");

    /// <summary>What the agent of a node needs to attach.</summary>
    public string NodeLinkOf(string node) => Path.Combine(NodeLink, "nodes", node);

    public string CniSocket => Path.Combine(RunDirectory, "cni.sock");

    public Uri Rest => new($"http://127.0.0.1:{RestPort}");

    public Uri Console => new($"http://127.0.0.1:{ConsolePort}");

    public Uri Neutron => new($"http://127.0.0.1:{NeutronPort}");

    public string Program(string room, string name) => Path.Combine(Programs, room, name);
}
