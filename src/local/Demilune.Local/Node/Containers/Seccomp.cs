using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Models;

namespace Demilune.Local.Node.Containers;

/// <summary>
/// Which system calls a container may make. Behind <c>seccompProfile.type: RuntimeDefault</c> is everything but what serves to leave a container or to
/// change the machine; behind <c>Localhost</c> a file of the node.
/// </summary>
internal static class Seccomp
{
    private static readonly string[] Refused =
    [
        "acct", "add_key", "bpf", "clock_adjtime", "clock_settime", "create_module", "delete_module", "finit_module", "fsconfig", "fsmount", "fsopen",
        "fspick", "get_kernel_syms", "init_module", "ioperm", "iopl", "kcmp", "kexec_file_load", "kexec_load", "keyctl", "lookup_dcookie", "mount",
        "mount_setattr", "move_mount", "move_pages", "name_to_handle_at", "nfsservctl", "open_by_handle_at", "open_tree", "perf_event_open",
        "pivot_root", "process_vm_readv", "process_vm_writev", "query_module", "quotactl", "quotactl_fd", "reboot", "request_key", "setns",
        "settimeofday", "stime", "swapoff", "swapon", "_sysctl", "sysfs", "syslog", "umount", "umount2", "unshare", "uselib", "userfaultfd", "ustat", "vm86",
        "vm86old",
    ];

    private const int PermissionDenied = 1;     // EPERM

    /// <summary>The container's own, else its pod's; null: none is asked for.</summary>
    public static V1SeccompProfile? ProfileOf(V1Pod pod, V1Container container) => container.SecurityContext?.SeccompProfile ?? pod.Spec.SecurityContext?.SeccompProfile;

    /// <param name="directory">Where the node has its profiles.</param>
    /// <returns>Null: the container asks for none of the node's.</returns>
    /// <exception cref="NodeException">It asks for one that is not there, or is none.</exception>
    public static JsonNode? Load(V1Pod pod, V1Container container, string directory)
    {
        if (ProfileOf(pod, container) is not { Type: "Localhost" } profile) return null;
        var name = profile.LocalhostProfile ?? "";
        if (name.Length == 0 || Path.IsPathRooted(name) || name.Split('/').Contains("..")) throw new NodeException($"seccomp profile \"{name}\" is not below the node's folder of profiles");
        try
        {
            return JsonNode.Parse(File.ReadAllText(Path.Combine(directory, name))) as JsonObject ?? throw new NodeException($"seccomp profile {name} is not a JSON object");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new NodeException($"cannot load seccomp profile {name}: {error.Message}");
        }
    }

    public static JsonObject RuntimeDefault() => new()
    {
        ["defaultAction"] = "SCMP_ACT_ALLOW",
        ["syscalls"] = new JsonArray(new JsonObject
        {
            ["names"] = new JsonArray([.. Refused.Select(name => (JsonNode)JsonValue.Create(name))]),
            ["action"] = "SCMP_ACT_ERRNO",
            ["errnoRet"] = PermissionDenied,
        }),
    };
}
