namespace Demilune.Local;

/// <summary>Where the local cluster keeps its things and listens. Each is also <c>DEMILUNE_…</c> in the environment (<c>DEMILUNE_RUN_DIRECTORY</c>).</summary>
public sealed record LocalOptions
{
    /// <summary>Database, certificates and kubeconfig. Default <c>/var/lib/demilune/local</c>.</summary>
    public string Directory { get; init; } = "/var/lib/demilune/local";

    /// <summary>Sockets, namespaces and container state; gone after a reboot. Default <c>/run/demilune/local</c>.</summary>
    public string RunDirectory { get; init; } = "/run/demilune/local";

    /// <summary>Folder of CNI conflists; the first in name order is used. Default <c>/etc/cni/net.d</c>.</summary>
    public string CniConfig { get; init; } = "/etc/cni/net.d";

    /// <summary>Folders of CNI plugins, separated by colons. Default <c>/opt/cni/bin</c>.</summary>
    public string CniBin { get; init; } = "/opt/cni/bin";

    /// <summary>OCI layouts and archives; null: only built-in images.</summary>
    public string? ImageDirectory { get; init; }

    /// <summary>TCP port of the API on 127.0.0.1; 0 lets the kernel choose (the kubeconfig says which). Default 6443.</summary>
    public int Port { get; init; } = 6443;

    /// <summary>Name of this machine's Node object; default the host name in lower case.</summary>
    public string NodeName { get; init; } = Environment.MachineName.ToLowerInvariant();

    /// <summary>
    /// Give containers that may ask for real-time scheduling (SYS_NICE) the CPU time for it where the kernel gives it out by cgroup. Default false: it is
    /// nearly all of one CPU, and no two can have it.
    /// </summary>
    public bool RealTime { get; init; }

    /// <summary>Where seccomp profiles of the type Localhost are looked up, as kubelet does in /var/lib/kubelet/seccomp.</summary>
    public string SeccompDirectory => Path.Combine(Directory, "seccomp");

    /// <summary>Only the API server, no node. Default false.</summary>
    public bool NoNode { get; init; }

    /// <summary>Take down every pod and remove everything of this cluster from the machine, then end. Default false.</summary>
    public bool Uninstall { get; init; }

    /// <summary>The kubeconfig of the cluster's administrator, written before the API takes its first request.</summary>
    public string Kubeconfig => Path.Combine(Directory, "kubeconfig");

    public const string Usage = """
        demilune-local is a small Kubernetes for one machine: an API server that kubectl works against, and a node that runs pods as real
        containers. It is for trying Demilune out and for its tests; 'demilune local run' starts it together with everything else.

          demilune-local [FLAG VALUE …]      run until SIGTERM; pods go on running, the next start finds them again
          demilune-local --uninstall [FLAG VALUE …]    take down every pod and remove what the cluster has put on this machine
          demilune-local image --help        write images of Demilune's own programs

          --directory DIR         database, certificates and kubeconfig    (/var/lib/demilune/local)
          --run-directory DIR     sockets, namespaces, container state     (/run/demilune/local)
          --cni-config DIR        CNI conflists, the first by name counts  (/etc/cni/net.d)
          --cni-bin DIR[:DIR…]    CNI plugins                              (/opt/cni/bin)
          --image-directory DIR   OCI layouts and archives to run          (only built-in images)
          --port PORT             API on 127.0.0.1; 0: any free one        (6443)
          --node NAME             name of this machine's Node              (the host's name)
          --no-node               only the API server
          --real-time             CPU time of real-time threads for containers with SYS_NICE, where cgroups give it out

        Each flag is also DEMILUNE_… in the environment: DEMILUNE_RUN_DIRECTORY=/run/x. Then: export KUBECONFIG=DIR/kubeconfig
        """;

    /// <exception cref="FormatException">A flag is unknown or its value does not parse; the message names it.</exception>
    public static LocalOptions Parse(string[] args)
    {
        var options = new LocalOptions();
        foreach (var (flag, set) in Flags)
            if (Environment.GetEnvironmentVariable("DEMILUNE_" + flag.ToUpperInvariant().Replace('-', '_')) is { Length: > 0 } value)
                options = set(options, value);
        for (var i = 0; i < args.Length; i++)
        {
            var (name, value) = args[i].Split('=', 2) is [var left, var right] ? (left, right) : (args[i], null);
            if (!name.StartsWith("--", StringComparison.Ordinal) || !Flags.TryGetValue(name[2..], out var set))
                throw new FormatException($"{args[i]}: not a flag; known are --{string.Join(", --", Flags.Keys)}");
            value ??= name is "--no-node" or "--uninstall" or "--real-time" ? "true" : i + 1 < args.Length ? args[++i] : throw new FormatException($"{name} needs a value");
            options = set(options, value);
        }
        return options;
    }

    private static readonly Dictionary<string, Func<LocalOptions, string, LocalOptions>> Flags = new(StringComparer.Ordinal)
    {
        ["directory"] = (o, v) => o with { Directory = Path.GetFullPath(v) },
        ["run-directory"] = (o, v) => o with { RunDirectory = Path.GetFullPath(v) },
        ["cni-config"] = (o, v) => o with { CniConfig = Path.GetFullPath(v) },
        ["cni-bin"] = (o, v) => o with { CniBin = v },
        ["image-directory"] = (o, v) => o with { ImageDirectory = Path.GetFullPath(v) },
        ["port"] = (o, v) => o with { Port = ushort.TryParse(v, out var port) ? port : throw new FormatException($"--port {v}: not a TCP port") },
        ["node"] = (o, v) => o with { NodeName = v },
        ["uninstall"] = (o, v) => o with { Uninstall = bool.TryParse(v, out var yes) ? yes : throw new FormatException($"--uninstall {v}: true or false") },
        ["real-time"] = (o, v) => o with { RealTime = bool.TryParse(v, out var yes) ? yes : throw new FormatException($"--real-time {v}: true or false") },
        ["no-node"] = (o, v) => o with { NoNode = bool.TryParse(v, out var yes) ? yes : throw new FormatException($"--no-node {v}: true or false") },
    };
}
