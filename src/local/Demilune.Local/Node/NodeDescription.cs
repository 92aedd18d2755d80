using System.Globalization;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using k8s.Models;

namespace Demilune.Local.Node;

/// <summary>This machine as a Node object.</summary>
internal static class NodeDescription
{
    /// <summary>kubelet's own default.</summary>
    private const int MaxPods = 110;

    /// <param name="unready">Why pods cannot be run; null when they can.</param>
    /// <param name="since">When the readiness last changed.</param>
    public static V1Node Of(string name, string runtime, IReadOnlyList<string> addresses, string? unready, DateTimeOffset since, DateTimeOffset now)
    {
        var quantities = new Dictionary<string, ResourceQuantity>
        {
            ["cpu"] = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
            ["memory"] = $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1024}Ki",
            ["pods"] = MaxPods.ToString(CultureInfo.InvariantCulture),
        };
        var architecture = RuntimeInformation.OSArchitecture switch { Architecture.X64 => "amd64", Architecture.Arm64 => "arm64", var other => other.ToString().ToLowerInvariant() };
        return new V1Node
        {
            Metadata = new V1ObjectMeta
            {
                Name = name,
                Labels = new Dictionary<string, string>
                {
                    ["kubernetes.io/hostname"] = name, ["kubernetes.io/os"] = "linux", ["kubernetes.io/arch"] = architecture,
                },
            },
            Status = new V1NodeStatus
            {
                Capacity = quantities,
                Allocatable = quantities,
                Addresses = [.. addresses.Select(address => new V1NodeAddress { Type = "InternalIP", Address = address }), new V1NodeAddress { Type = "Hostname", Address = name }],
                Conditions =
                [
                    Condition("MemoryPressure", false, "KubeletHasSufficientMemory", "not measured"),
                    Condition("DiskPressure", false, "KubeletHasNoDiskPressure", "not measured"),
                    Condition("PIDPressure", false, "KubeletHasSufficientPID", "not measured"),
                    Condition("Ready", unready is null, unready is null ? "KubeletReady" : "KubeletNotReady", unready ?? "the node runs pods"),
                ],
                NodeInfo = new V1NodeSystemInfo
                {
                    Architecture = architecture,
                    OperatingSystem = "linux",
                    OsImage = OperatingSystemName(),
                    KernelVersion = Read("/proc/sys/kernel/osrelease"),
                    MachineID = Read("/etc/machine-id"),
                    BootID = Read("/proc/sys/kernel/random/boot_id"),
                    SystemUUID = Read("/etc/machine-id"),
                    ContainerRuntimeVersion = runtime,
                    KubeletVersion = $"v1.32.0-demilune.{typeof(NodeDescription).Assembly.GetName().Version?.ToString(3)}",
                    KubeProxyVersion = "",
                },
            },
        };

        V1NodeCondition Condition(string type, bool status, string reason, string message) => new()
        {
            Type = type, Status = status ? "True" : "False", Reason = reason, Message = message, LastHeartbeatTime = now.UtcDateTime, LastTransitionTime = since.UtcDateTime,
        };
    }

    /// <summary>The address others reach this machine at, IPv4 before IPv6; loopback when it has no network.</summary>
    public static IReadOnlyList<string> Addresses()
    {
        var all = NetworkInterface.GetAllNetworkInterfaces()
            // Those of containers and bridges come and go; the machine's own lead somewhere.
            .Where(nic => nic.OperationalStatus is OperationalStatus.Up && nic.GetIPProperties().GatewayAddresses.Count > 0)
            .SelectMany(nic => nic.GetIPProperties().UnicastAddresses.Select(unicast => unicast.Address))
            .Where(address => !address.IsIPv6LinkLocal).ToList();
        List<string> chosen =
        [
            .. all.Where(address => address.AddressFamily is AddressFamily.InterNetwork).Take(1).Select(address => address.ToString()),
            .. all.Where(address => address.AddressFamily is AddressFamily.InterNetworkV6).Take(1).Select(address => address.ToString()),
        ];
        return chosen is [] ? ["127.0.0.1"] : chosen;
    }

    private static string OperatingSystemName() => !File.Exists("/etc/os-release") ? "Linux"
        : File.ReadLines("/etc/os-release").FirstOrDefault(line => line.StartsWith("PRETTY_NAME=", StringComparison.Ordinal))?["PRETTY_NAME=".Length..].Trim('"') ?? "Linux";

    private static string Read(string file) => File.Exists(file) ? File.ReadAllText(file).Trim() : "";
}
