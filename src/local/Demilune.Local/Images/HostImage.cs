namespace Demilune.Local.Images;

/// <summary>
/// The built-in image <c>demilune.local/host</c>: this machine's own programs, for demonstrations without a registry. Only what programs need is
/// shown; a container gets its own /run, /tmp and /var/log, and everything of the administrator or of users is hidden.
/// </summary>
internal static class HostImage
{
    public const string Reference = "demilune.local/host:latest";

    /// <summary>Folders of the root that hold programs and their settings. Any other folder is hidden, known to us or not.</summary>
    private static readonly string[] Shown = ["bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr", "etc", "var", "dev", "proc", "sys", "run", "tmp"];

    private static readonly string[] Private = ["/run", "/tmp", "/var/tmp", "/var/log"];

    private static readonly string[] Secrets =
    [
        "/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/ssh", "/etc/ssl/private", "/etc/sudoers", "/etc/sudoers.d",
        "/etc/NetworkManager", "/etc/wireguard", "/etc/kubernetes", "/etc/cni", "/var/lib/demilune", "/var/lib/private", "/var/lib/kubelet", "/var/lib/containerd",
        "/var/lib/docker", "/var/lib/systemd", "/var/backups", "/var/cache", "/var/mail", "/var/spool", "/var/www", "/usr/src", "/usr/local/src",
    ];

    /// <param name="hidden">Folders of this node itself, wherever they are.</param>
    public static Image Open(IEnumerable<string> hidden)
    {
        var all = Hidden(Directory.EnumerateFileSystemEntries("/"), hidden);
        return new Image(Reference, "sha256:host", "/", new ImageConfig
        {
            Command = ["/bin/sh"],
            Environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
        })
        {
            HiddenFolders = [.. all.Where(Directory.Exists)],
            HiddenFiles = [.. all.Where(file => new FileInfo(file) is { Exists: true, LinkTarget: null })],
            // Programs expect the folder of their own log, and nobody else's logs.
            PrivateFolders = [.. Private, .. Directory.Exists("/var/log") ? Directory.GetDirectories("/var/log") : []],
        };
    }

    /// <summary>Pure half: what of this machine is none of a container's business.</summary>
    internal static IReadOnlyList<string> Hidden(IEnumerable<string> rootEntries, IEnumerable<string> hidden) =>
    [
        .. rootEntries.Where(entry => !Shown.Contains(Path.GetFileName(entry), StringComparer.Ordinal)).Concat(Secrets).Concat(hidden)
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
    ];
}
