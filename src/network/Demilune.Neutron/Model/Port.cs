using System.Text.Json;
using System.Text.Json.Serialization;

namespace Demilune.Neutron;

/// <summary>An interface on a network: a pod's, or one of a firewall's two.</summary>
public sealed record Port : StandardResource, IResource<Port>
{
    public string? NetworkId { get; init; }
    public bool? AdminStateUp { get; init; }

    /// <summary>Null in a create: the server makes one up.</summary>
    public string? MacAddress { get; init; }

    /// <summary>Null in a create: one of each address family that the network has a subnet for.</summary>
    public IReadOnlyList<FixedIp>? FixedIps { get; init; }

    /// <summary>The pod's UID.</summary>
    public string? DeviceId { get; init; }

    /// <summary>See <see cref="DeviceOwners"/>.</summary>
    public string? DeviceOwner { get; init; }

    /// <summary>Ids. Null in a create: the project's default group; empty: none, and then nothing is allowed.</summary>
    public IReadOnlyList<string>? SecurityGroups { get; init; }

    /// <summary>False: neither anti-spoofing nor security groups.</summary>
    public bool? PortSecurityEnabled { get; init; }

    public IReadOnlyList<AllowedAddressPair>? AllowedAddressPairs { get; init; }

    /// <summary>Stored, not acted upon.</summary>
    public IReadOnlyList<ExtraDhcpOption>? ExtraDhcpOpts { get; init; }

    /// <summary>The node.</summary>
    [JsonPropertyName("binding:host_id")] public string? HostId { get; init; }

    [JsonPropertyName("binding:vnic_type")] public string? VnicType { get; init; }
    [JsonPropertyName("binding:profile")] public JsonElement? BindingProfile { get; init; }

    /// <summary>"unbound", "demilune", "ovs", "binding_failed", … Read-only.</summary>
    [JsonPropertyName("binding:vif_type")] public string? VifType { get; init; }

    [JsonPropertyName("binding:vif_details")] public JsonElement? VifDetails { get; init; }

    /// <summary>In an update: <see cref="NoQosPolicy"/> takes it away.</summary>
    [JsonConverter(typeof(EmptyAsNull))] public string? QosPolicyId { get; init; }

    /// <summary>Null on the wire, where null here means that nothing is said.</summary>
    public const string NoQosPolicy = "";

    /// <summary>ACTIVE once the node has wired it and its policy is in the kernel, else DOWN. Read-only.</summary>
    public string? Status { get; init; }

    public static ResourceKind<Port> Kind { get; } = new(
        "ports", "port", "ports", NeutronJson.Default.Port, Bulk: true, "status", "binding:vif_type", "binding:vif_details");
}

/// <summary>An address of a port. In a create either member may be missing.</summary>
public sealed record FixedIp
{
    public string? SubnetId { get; init; }
    public string? IpAddress { get; init; }
}

/// <summary>A further address that the port may use.</summary>
public sealed record AllowedAddressPair
{
    /// <summary>Address or prefix.</summary>
    public string? IpAddress { get; init; }

    /// <summary>Null: the port's own.</summary>
    public string? MacAddress { get; init; }
}

/// <summary>A DHCP option for one port.</summary>
public sealed record ExtraDhcpOption
{
    public string? OptName { get; init; }
    public string? OptValue { get; init; }
    public int? IpVersion { get; init; }
}

/// <summary>What a port is for, in <see cref="Port.DeviceOwner"/>.</summary>
public static class DeviceOwners
{
    /// <summary>A pod's eth0.</summary>
    public const string Pod = "demilune:pod";

    /// <summary>Nobody's yet: made ahead, to become a pod's.</summary>
    public const string Spare = "demilune:spare";

    /// <summary>Interface "in" of a firewall pod.</summary>
    public const string FirewallIn = "demilune:firewall-in";

    /// <summary>Interface "out" of a firewall pod.</summary>
    public const string FirewallOut = "demilune:firewall-out";
}
