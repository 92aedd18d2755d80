using k8s.Models;

namespace Demilune.Local.Node.Containers;

/// <summary>Linux capabilities of a container: what containerd gives by default, changed as the pod asks.</summary>
internal static class Capabilities
{
    private static readonly string[] Default =
    [
        "CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_MKNOD",
        "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT",
    ];

    /// <summary>capabilities(7) of Linux 5.9, in the order of their numbers.</summary>
    private static readonly string[] Known =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP",
        "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER",
        "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE",
        "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP",
        "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF",
        "CAP_CHECKPOINT_RESTORE",
    ];

    /// <param name="available">What this machine itself may give: a container in a container has less than all.</param>
    /// <exception cref="NodeException">A name is not a capability.</exception>
    public static IReadOnlyList<string> Of(V1SecurityContext? security, IReadOnlySet<string> available)
    {
        if (security?.Privileged is true) return [.. Known.Where(available.Contains)];
        var add = Named(security?.Capabilities?.Add);
        var drop = Named(security?.Capabilities?.Drop);
        var kept = drop.Contains("ALL") ? [] : Default.Where(name => !drop.Contains(name));
        var added = add.Contains("ALL") ? Known.Where(available.Contains) : add;
        return [.. kept.Union(added, StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    /// <summary>The most that this process can hand on: its bounding set.</summary>
    public static IReadOnlySet<string> OfThisProcess() => FromMask(Convert.ToUInt64(
        File.ReadLines("/proc/self/status").First(line => line.StartsWith("CapBnd:", StringComparison.Ordinal))["CapBnd:".Length..].Trim(), 16));

    /// <summary>The capabilities in the bit mask of <c>/proc/self/status</c>.</summary>
    public static IReadOnlySet<string> FromMask(ulong mask) =>
        Known.Where((_, bit) => (mask >> bit & 1) == 1).ToHashSet(StringComparer.Ordinal);

    private static HashSet<string> Named(IList<string>? names)
    {
        var result = new HashSet<string>(StringComparer.Ordinal);
        foreach (var raw in names ?? [])
        {
            var upper = raw.ToUpperInvariant();
            var name = upper is "ALL" || upper.StartsWith("CAP_", StringComparison.Ordinal) ? upper : "CAP_" + upper;
            if (name is not "ALL" && !Known.Contains(name, StringComparer.Ordinal))
                throw new NodeException($"securityContext.capabilities: {raw} is not a Linux capability", "CreateContainerConfigError");
            result.Add(name);
        }
        return result;
    }
}
