namespace Demilune.Neutron;

/// <summary>A prefix on a network, from which ports get addresses.</summary>
public sealed record Subnet : StandardResource, IResource<Subnet>
{
    public string? NetworkId { get; init; }

    /// <summary>4 or 6.</summary>
    public int? IpVersion { get; init; }

    public string? Cidr { get; init; }

    /// <summary>Default: the first address of the prefix.</summary>
    public string? GatewayIp { get; init; }

    /// <summary>Ranges handed out; default: everything but the gateway, the network's address and IPv4's broadcast.</summary>
    public IReadOnlyList<AllocationPool>? AllocationPools { get; init; }

    public bool? EnableDhcp { get; init; }
    public IReadOnlyList<string>? DnsNameservers { get; init; }
    public IReadOnlyList<HostRoute>? HostRoutes { get; init; }
    public string? Ipv6RaMode { get; init; }
    public string? Ipv6AddressMode { get; init; }
    public string? SubnetpoolId { get; init; }

    /// <summary>Owners of devices whose ports get addresses here; empty: all.</summary>
    public IReadOnlyList<string>? ServiceTypes { get; init; }

    public static ResourceKind<Subnet> Kind { get; } =
        new("subnets", "subnet", "subnets", NeutronJson.Default.Subnet, Bulk: true, "tags");
}

/// <summary>From <paramref name="Start"/> to <paramref name="End"/>, both included.</summary>
public sealed record AllocationPool(string Start, string End);

/// <summary>A route that DHCP tells hosts of.</summary>
public sealed record HostRoute(string Destination, string Nexthop);
