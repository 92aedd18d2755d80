using System.Text.Json.Nodes;

namespace Demilune.Local.Node.Containers;

/// <summary>The profile behind <c>seccompProfile.type: RuntimeDefault</c>: everything but what serves to leave a container or to change the machine.</summary>
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
