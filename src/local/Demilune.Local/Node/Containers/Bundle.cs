using System.Text.Json.Nodes;
using k8s.Models;

namespace Demilune.Local.Node.Containers;

/// <summary>All that decides an OCI bundle's <c>config.json</c>, already looked up: nothing here touches the machine.</summary>
/// <param name="Environment">Resolved, in order; later wins in the runtime.</param>
/// <param name="Namespaces">Paths of the pod's namespaces by OCI type (network, uts, ipc); a type that is absent is the host's.</param>
/// <param name="CgroupPath">From the root of the hierarchy.</param>
internal sealed record BundleInput(
    V1Pod Pod, V1Container Container, ProcessUser User, IReadOnlyList<string> Arguments, IReadOnlyList<KeyValuePair<string, string>> Environment,
    string WorkingDirectory, string RootPath, IReadOnlyList<BindMount> Mounts, IReadOnlyDictionary<string, string> Namespaces,
    Images.Image Image, IReadOnlySet<string> AvailableCapabilities, string CgroupPath, int OomScore)
{
    /// <summary>The profile that the container asks for by name; null: it asks for none.</summary>
    public JsonNode? LocalSeccomp { get; init; }

    /// <summary>What its real-time threads may use of each second, in microseconds; null: the kernel does not give that out, or not to it.</summary>
    public int? RealTimeRuntime { get; init; }
}

/// <summary>A file or folder of the machine inside a container.</summary>
internal sealed record BindMount(string Source, string Destination, bool ReadOnly);

/// <summary>Numeric ids, as the kernel wants them.</summary>
internal sealed record ProcessUser(uint Uid, uint Gid, IReadOnlyList<uint> Groups);

/// <summary>Writes the runtime specification (OCI runtime-spec 1.0.2) of one container.</summary>
internal static class Bundle
{
    private static readonly string[] KernelMasked =
    [
        "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
        "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap",
    ];

    private static readonly string[] KernelReadOnly = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    public static JsonObject Configuration(BundleInput input)
    {
        var security = input.Container.SecurityContext;
        var privileged = security?.Privileged is true;
        return new JsonObject
        {
            ["ociVersion"] = "1.0.2",
            ["process"] = Process(input, security, privileged),
            ["root"] = new JsonObject { ["path"] = input.RootPath, ["readonly"] = security?.ReadOnlyRootFilesystem is true },
            ["mounts"] = Mounts(input, privileged),
            ["linux"] = Linux(input, security, privileged),
        };
    }

    private static JsonObject Process(BundleInput input, V1SecurityContext? security, bool privileged)
    {
        var capabilities = Capabilities.Of(security, input.AvailableCapabilities);
        var process = new JsonObject
        {
            ["terminal"] = input.Container.Tty is true,
            ["user"] = new JsonObject
            {
                ["uid"] = input.User.Uid, ["gid"] = input.User.Gid, ["additionalGids"] = new JsonArray([.. input.User.Groups.Select(gid => (JsonNode)gid)]),
            },
            ["args"] = Strings(input.Arguments),
            ["env"] = Strings(input.Environment.Select(variable => $"{variable.Key}={variable.Value}")),
            ["cwd"] = input.WorkingDirectory,
            // allowPrivilegeEscalation defaults to true in the API.
            ["noNewPrivileges"] = security?.AllowPrivilegeEscalation is false && !privileged,
            ["oomScoreAdj"] = input.OomScore,
            ["capabilities"] = new JsonObject
            {
                ["bounding"] = Strings(capabilities),
                // execve(2): a user other than root gets none, as with any runtime without ambient capabilities.
                ["effective"] = Strings(input.User.Uid == 0 ? capabilities : []),
                ["permitted"] = Strings(input.User.Uid == 0 ? capabilities : []),
            },
        };
        return process;
    }

    private static JsonArray Mounts(BundleInput input, bool privileged)
    {
        var mounts = new JsonArray
        {
            Mount("/proc", "proc", "proc", "nosuid", "noexec", "nodev"),
            Mount("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
            Mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"),
            Mount("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"),
            // sysfs shows the network namespace of whoever mounts it; in the host's it can only be bound.
            input.Namespaces.ContainsKey("network")
                ? Mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", privileged ? "rw" : "ro")
                : Mount("/sys", "bind", "/sys", "bind", "nosuid", "noexec", "nodev", privileged ? "rw" : "ro"),
            Mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro"),
            Mount("/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777", "size=65536k"),
        };
        // Not the specification's maskedPaths: those come last and would hide a volume that is mounted there.
        foreach (var folder in input.Image.HiddenFolders) mounts.Add(Mount(folder, "tmpfs", "tmpfs", "nosuid", "nodev", "noexec", "mode=755", "size=4k"));
        foreach (var file in input.Image.HiddenFiles) mounts.Add(Mount(file, "bind", "/dev/null", "bind", "ro"));
        foreach (var folder in input.Image.PrivateFolders)
            mounts.Add(Mount(folder, "tmpfs", "tmpfs", "nosuid", "nodev", folder is "/tmp" or "/var/tmp" ? "mode=1777" : "mode=755", "size=65536k"));
        // Shorter paths first: /data must not hide /data/inner.
        foreach (var bind in input.Mounts.OrderBy(mount => mount.Destination.Count(letter => letter == '/')).ThenBy(mount => mount.Destination, StringComparer.Ordinal))
            mounts.Add(Mount(bind.Destination, "bind", bind.Source, "rbind", "rprivate", bind.ReadOnly ? "ro" : "rw"));
        return mounts;
    }

    private static JsonObject Linux(BundleInput input, V1SecurityContext? security, bool privileged)
    {
        var namespaces = new JsonArray { new JsonObject { ["type"] = "mount" } };
        if (input.Pod.Spec.HostPID is not true) namespaces.Add(new JsonObject { ["type"] = "pid" });
        foreach (var (type, path) in input.Namespaces.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            namespaces.Add(new JsonObject { ["type"] = type, ["path"] = path });
        var linux = new JsonObject
        {
            ["namespaces"] = namespaces,
            ["cgroupsPath"] = input.CgroupPath,
            ["resources"] = Resources(input.Container.Resources, privileged, input.RealTimeRuntime),
            ["maskedPaths"] = Strings(privileged ? [] : KernelMasked),
            ["readonlyPaths"] = Strings(privileged ? [] : KernelReadOnly),
        };
        if (!privileged && Seccomp.ProfileOf(input.Pod, input.Container) is { } profile)
        {
            if (profile.Type is "RuntimeDefault") linux["seccomp"] = Seccomp.RuntimeDefault();
            else if (profile.Type is "Localhost") linux["seccomp"] = input.LocalSeccomp?.DeepClone();
        }
        return linux;
    }

    /// <summary>Requests become shares, limits become limits: kubelet's arithmetic.</summary>
    /// <param name="realTime">Of each second, in microseconds; null: none is given out.</param>
    internal static JsonObject Resources(V1ResourceRequirements? wanted, bool privileged, int? realTime = null)
    {
        var memory = new JsonObject();
        var cpu = new JsonObject();
        if (Quantity(wanted?.Limits, "memory") is { } bytes) memory["limit"] = (long)bytes;
        var cpuLimit = Quantity(wanted?.Limits, "cpu");
        // No request means the limit; neither means the least share the kernel knows.
        cpu["shares"] = Math.Clamp((long)((Quantity(wanted?.Requests, "cpu") ?? cpuLimit ?? 0) * 1024), 2, 262_144);
        if (cpuLimit is { } cores)
        {
            cpu["period"] = 100_000;
            cpu["quota"] = Math.Max(1_000, (long)(cores * 100_000));    // the kernel refuses less than 1 ms
        }
        if (realTime is { } micros) cpu["realtimeRuntime"] = micros;
        var resources = new JsonObject
        {
            ["cpu"] = cpu,
            // A fork bomb in one pod must not take the machine's last process id.
            ["pids"] = new JsonObject { ["limit"] = 4096 },
            ["devices"] = new JsonArray(new JsonObject { ["allow"] = privileged, ["access"] = "rwm" }),
        };
        if (memory.Count > 0) resources["memory"] = memory;
        return resources;
    }

    private static decimal? Quantity(IDictionary<string, ResourceQuantity>? quantities, string name) =>
        quantities is not null && quantities.TryGetValue(name, out var quantity) ? quantity.ToDecimal() : null;

    private static JsonObject Mount(string destination, string type, string source, params string[] options) =>
        new() { ["destination"] = destination, ["type"] = type, ["source"] = source, ["options"] = Strings(options) };

    private static JsonArray Strings(IEnumerable<string> values) => new([.. values.Select(value => (JsonNode)JsonValue.Create(value))]);
}
