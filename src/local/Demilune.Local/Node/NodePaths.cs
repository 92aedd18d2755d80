namespace Demilune.Local.Node;

/// <summary>Where the node keeps what it creates. Everything under <paramref name="run"/> is tied to the running kernel; the rest survives a reboot.</summary>
/// <param name="state">Pods' volumes, logs and records, and unpacked images.</param>
/// <param name="run">Namespaces, bundles, runtime state.</param>
internal sealed class NodePaths(string state, string run)
{
    public string State => state;
    public string Run => run;
    public string Pods => Path.Combine(state, "pods");

    /// <summary>Unpacked images, by the digest of their configuration.</summary>
    public string ImageRoots => Path.Combine(state, "image-roots");

    public string Namespaces => Path.Combine(run, "netns");
    public string Bundles => Path.Combine(run, "containers");
    public string Exits => Path.Combine(run, "exits");

    /// <summary>conmon's attach sockets: short names, since a Unix socket's path may have 107 bytes.</summary>
    public string Sockets => Path.Combine(run, "attach");

    public string RuntimeRoot => Path.Combine(run, "oci");

    /// <summary>Parent of every container's cgroup; its name tells one node from another on the same machine.</summary>
    public string CgroupParent => "/demilune-" + Convert.ToHexStringLower(
        System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(run)))[..8];

    public string Pod(string uid) => Path.Combine(Pods, uid);
    public string Bundle(string containerId) => Path.Combine(Bundles, containerId);
    public string Exit(string containerId) => Path.Combine(Exits, containerId);

    /// <summary>Log of the n-th start of a container. One rotated file, <c>N.log.1</c>, may stand beside it.</summary>
    public string Log(string uid, string container, int attempt) => Path.Combine(Pod(uid), "logs", container, $"{attempt}.log");

    public void Create()
    {
        foreach (var folder in (string[])[Pods, ImageRoots, Namespaces, Bundles, Exits, Sockets, RuntimeRoot])
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
