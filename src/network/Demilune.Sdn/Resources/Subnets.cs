using System.Net;
using System.Text.Json.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Addressing;
using Demilune.Sdn.Api;

namespace Demilune.Sdn.Resources;

internal sealed class Subnets : Collection<Subnet>
{
    /// <summary>Neutron's limits.</summary>
    private const int MaxNameServers = 5;
    private const int MaxHostRoutes = 20;

    private static readonly Check Ipv6Mode = Checks.OneOf("dhcpv6-stateful", "dhcpv6-stateless", "slaac");
    private static readonly Check Pools = Checks.ListOf(
        Checks.AllMembers(("start", Checks.IpAddress), ("end", Checks.IpAddress)), max: 64);

    /// <summary>A bare address stands for itself alone.</summary>
    private static readonly Check SubnetPrefix = (ref value) =>
    {
        var text = Checks.TextOf(value) ?? "";
        if (Address.TryParse(text, out var address)) value = $"{address}/{address.Bits}";
        else if (!Cidr.TryParse(text, out _)) return new($"{Checks.Python(value)} is not in a CIDR format", Conversion: true);
        return null;
    };

    public override AttributeTable Attributes { get; } = new(
        standard: true,
        Attribute.RequiredOnce("network_id", Checks.Uuid),
        Attribute.RequiredOnce("ip_version", Checks.IpVersion),
        Attribute.Once("cidr", SubnetPrefix),
        // Not said and null differ: the first address, or none. "" stands for "not said" until the rules have run.
        new("gateway_ip", Checks.OrNull(Checks.IpAddress)) { Default = () => "" },
        new("allocation_pools", Pools),
        new("enable_dhcp", Checks.Bool) { Default = () => true },
        new("dns_nameservers", Checks.OrNull(Checks.ListOf(Checks.IpAddress, max: 64))),
        new("host_routes", Checks.OrNull(Checks.ListOf(Checks.AllMembers(("destination", Checks.Prefix), ("nexthop", Checks.IpAddress)), max: 1_000))),
        Attribute.Once("ipv6_ra_mode", Ipv6Mode),
        Attribute.Once("ipv6_address_mode", Ipv6Mode),
        Attribute.Once("subnetpool_id", Checks.OrNull(Checks.Uuid)),
        Attribute.Once("use_default_subnetpool", Checks.Bool) with { Default = () => false, Shown = false },
        Attribute.Once("prefixlen", Checks.Int(0, int.MaxValue)) with { Shown = false },
        new("service_types", Checks.OrNull(Checks.ListOf(Checks.Any, max: 64))) { Default = () => new JsonArray() });

    public override Fault? Create(Draft draft, JsonObject attributes, out Resource made)
    {
        made = null!;
        // Where the prefix comes from is settled here, once; what is kept is the prefix and its pool.
        var length = attributes["prefixlen"]?.GetValue<int>();
        var byDefault = attributes["use_default_subnetpool"]?.GetValue<bool>() is true;
        attributes.Remove("prefixlen");
        attributes.Remove("use_default_subnetpool");
        if (ServiceTypeFault(attributes["service_types"]) is { } type) return type;
        if (attributes["cidr"] is not null && length is not null) return Bad("cidr and prefixlen must not be supplied together");
        if (PoolId(draft.State, attributes, byDefault) is not { } poolId) return base.Create(draft, attributes, out made);
        if (draft.State.Find<SubnetPool>(poolId) is not { } pool || !draft.Sees(pool)) return Collections.Of(typeof(SubnetPool)).NotFound(poolId);
        if (pool.IpVersion != attributes["ip_version"]!.GetValue<int>())
            return Bad($"Cannot allocate IPv{attributes["ip_version"]} subnet from IPv{pool.IpVersion} subnet pool");
        Cidr? wanted = Checks.TextOf(attributes["cidr"]) is { } text ? Cidr.Parse(text) : null;
        if (SubnetPools.Allocate(draft, pool, attributes["project_id"]!.GetValue<string>(), wanted, length, out var given) is { } fault) return fault;
        attributes["subnetpool_id"] = pool.Id;
        attributes["cidr"] = given.Normalized;
        return base.Create(draft, attributes, out made);
    }

    private static Fault Bad(string message) => new(400, "BadRequest", $"Bad subnets request: {message}.");

    /// <summary>IPv6 routers have an address of their own in each subnet, its first (RFC 4291 §2.6.1).</summary>
    private static string FirstGateway(Cidr cidr) =>
        (cidr.IsV6 || cidr.Length >= 31 ? cidr.First : new Address(false, cidr.First.Value + 1)).ToString();

    /// <summary>Which owners of devices may have addresses here: "compute:…", "network:…" and the like.</summary>
    private static Fault? ServiceTypeFault(JsonNode? types)
    {
        foreach (var type in types as JsonArray ?? [])
            if (Checks.TextOf(type) is not { } text)
                return new(400, "InvalidInputSubnetServiceType", $"Subnet service type {Checks.Python(type)} is not a string.");
            else if (!((string[])["network:", "neutron:", "compute:", "baremetal:", "demilune:", "trunk:", "test:"]).Any(prefix => text.StartsWith(prefix, StringComparison.Ordinal)))
                return new(400, "InvalidSubnetServiceType", $"Subnet service type {text} does not correspond to a valid device owner.");
        return null;
    }

    /// <summary>What DHCP could not serve.</summary>
    private static Fault? DhcpFault(Subnet subnet, Cidr cidr)
    {
        if (subnet.EnableDhcp is false) return null;
        var first = cidr.First.Value;
        if (cidr.IsV6 ? first >> 120 == 0xff : first >> 28 == 0xe) return Fault.InvalidInput("Multicast IP subnet is not supported if enable_dhcp is True");
        if (cidr.IsV6 ? cidr.Contains(new(true, 1)) : first >> 24 == 127) return Fault.InvalidInput("Loopback IP subnet is not supported if enable_dhcp is True");
        return cidr.Length > cidr.Address.Bits - 2 ? Fault.InvalidInput("Subnet has a prefix length that is incompatible with DHCP service enabled") : null;
    }

    /// <summary>How IPv6 addresses come about: both modes say the same, if both are said.</summary>
    private static Fault? ModeFault(Subnet subnet, Cidr cidr)
    {
        var (ra, address) = (subnet.Ipv6RaMode, subnet.Ipv6AddressMode);
        if ((ra ?? address) is null) return null;
        if (subnet.IpVersion == 4) return Fault.InvalidInput($"{(ra is null ? "ipv6_address_mode" : "ipv6_ra_mode")} is not valid when ip_version is 4");
        if (subnet.EnableDhcp is false) return Fault.InvalidInput("ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False");
        if (ra is not null && address is not null && ra != address)
            return Fault.InvalidInput($"ipv6_ra_mode set to '{ra}' with ipv6_address_mode set to '{address}' is not valid. If both attributes are set, they must be the same value");
        return (ra ?? address) is "slaac" or "dhcpv6-stateless" && cidr.Length != 64
            ? Fault.InvalidInput($"Invalid CIDR {cidr} for IPv6 address mode. OpenStack uses the EUI-64 address format, which requires the prefix to be /64")
            : null;
    }

    private static Fault? ListFault(Subnet subnet)
    {
        if (subnet.DnsNameservers!.Count > MaxNameServers)
            return new(400, "DNSNameServersExhausted", $"Unable to complete operation for {subnet.Id}. The number of DNS nameservers exceeds the limit {MaxNameServers}.");
        if (subnet.HostRoutes!.Count > MaxHostRoutes)
            return new(400, "HostRoutesExhausted", $"Unable to complete operation for {subnet.Id}. The number of host routes exceeds the limit {MaxHostRoutes}.");
        foreach (var (what, text) in subnet.DnsNameservers.Select(server => ("dns_nameserver", server))
            .Concat(subnet.HostRoutes.SelectMany(route => ((string, string)[])[("nexthop", route.Nexthop), ("destination", route.Destination.Split('/')[0])])))
            if (text.Contains(':', StringComparison.Ordinal) != (subnet.IpVersion == 6))
                return Fault.InvalidInput($"{what} '{text}' does not match the ip_version '{subnet.IpVersion}'");
        return null;
    }

    /// <summary>Null: no pool is meant.</summary>
    private static string? PoolId(NetworkState state, JsonObject attributes, bool byDefault) =>
        Checks.TextOf(attributes["subnetpool_id"]) ?? (byDefault ? SubnetPools.Default(state, attributes["ip_version"]!.GetValue<int>())?.Id : null);

    public override Fault NotFound(string id) => new(404, "SubnetNotFound", $"Subnet {id} could not be found.");

    /// <summary>The ranges that addresses are given out of, in order.</summary>
    public static IEnumerable<(Address First, Address Last)> PoolsOf(Subnet subnet) =>
        (subnet.AllocationPools ?? []).Select(pool => (Parse(pool.Start), Parse(pool.End)));

    public static Cidr PrefixOf(Subnet subnet) =>
        Cidr.TryParse(subnet.Cidr ?? "", out var cidr) ? cidr : throw new InvalidOperationException($"Stored subnet {subnet.Id} has no prefix.");

    protected override Fault? OnCreate(Draft draft, ref Subnet made)
    {
        var wanted = made;
        if (draft.State.Find<Network>(made.NetworkId) is not { } network || !draft.Sees(network))
            return Collections.Of(typeof(Network)).NotFound(made.NetworkId!);
        if (made.Cidr is not { } text || !Cidr.TryParse(text, out var cidr))
            return Bad("a subnetpool must be specified in the absence of a cidr");
        if (cidr.IsV6 != (made.IpVersion == 6))
            return Fault.InvalidInput($"Invalid input for cidr. ip_version '{made.IpVersion}' does not match the cidr '{text}'");
        if (cidr.Length == 0) return Fault.InvalidInput("0 is not allowed as CIDR prefix length");
        if (DhcpFault(made, cidr) is { } dhcp) return dhcp;
        if (ModeFault(made, cidr) is { } mode) return mode;
        foreach (var other in draft.State.Referrers<Subnet>(network.Id).Where(other => other.IpVersion == wanted.IpVersion && other.SubnetpoolId != wanted.SubnetpoolId))
            return new(400, "NetworkSubnetPoolAffinityError", "Subnets hosted on the same network must be allocated from the same subnet pool.");
        foreach (var other in draft.State.Referrers<Subnet>(network.Id))
            if (PrefixOf(other).Overlaps(cidr))
                return Fault.InvalidInput($"Requested subnet with cidr: {text} for network: {network.Id} overlaps with another subnet");

        var gateway = made.GatewayIp is "" ? FirstGateway(cidr) : made.GatewayIp;
        made = made with
        {
            Cidr = cidr.Normalized,
            GatewayIp = gateway,
            DnsNameservers = made.DnsNameservers ?? [],
            HostRoutes = made.HostRoutes ?? [],
            ServiceTypes = made.ServiceTypes ?? [],
            AllocationPools = made.AllocationPools is { Count: > 0 } pools ? pools : DefaultPools(cidr, gateway),
        };
        if (ListFault(made) is { } list) return list;
        if (PoolFault(cidr, made) is { } fault) return fault;
        draft.Touch<Network>(wanted.NetworkId);
        return null;
    }

    protected override Fault? OnUpdate(Draft draft, Subnet was, ref Subnet now)
    {
        now = now with { DnsNameservers = now.DnsNameservers ?? [], HostRoutes = now.HostRoutes ?? [], ServiceTypes = now.ServiceTypes ?? [] };
        if (ServiceTypeFault(new JsonArray([.. now.ServiceTypes.Select(type => JsonValue.Create(type))])) is { } type) return type;
        if (ListFault(now) is { } list) return list;
        if (now.AllocationPools is { Count: 0 }) now = now with { AllocationPools = was.AllocationPools };
        if (now.GatewayIp != was.GatewayIp && was.GatewayIp is not null
            && draft.State.Find<Port>(draft.State.Holder(Ports.AddressKey(now.Id, was.GatewayIp))) is { DeviceOwner: Routers.InterfaceOwner } interfaceOf)
            return new(409, "GatewayIpInUse", $"Current gateway ip {was.GatewayIp} already in use by port {interfaceOf.Id}. Unable to update.");
        if (PoolFault(PrefixOf(now), now) is { } pools) return pools;
        if (now.GatewayIp != was.GatewayIp && now.GatewayIp is not null
            && draft.State.Holder(Ports.AddressKey(now.Id, now.GatewayIp)) is { } user)
            return new(409, "GatewayIpInUse", $"Current gateway ip {now.GatewayIp} already in use by port {user}. Unable to update.");
        return null;
    }

    protected override Fault? OnDelete(Draft draft, Subnet gone)
    {
        if (draft.State.Referrers<Port>(gone.Id).Any())
            return new(409, "SubnetInUse", $"Unable to complete operation on subnet {gone.Id}: One or more ports have an IP allocation from this subnet.");
        draft.Touch<Network>(gone.NetworkId);
        return null;
    }

    protected override IEnumerable<string> References(Subnet resource) =>
        resource.SubnetpoolId is { } pool ? [resource.NetworkId!, pool] : [resource.NetworkId!];

    private static Fault? PoolFault(Cidr cidr, Subnet subnet)
    {
        var gateway = subnet.GatewayIp is { } text && Address.TryParse(text, out var parsed) ? parsed : (Address?)null;
        if (gateway is { IsV6: false } reserved && IsReserved(cidr, reserved)) return Fault.InvalidInput("Gateway is not valid on subnet");
        if (gateway is { } one && one.IsV6 != cidr.IsV6) return Fault.InvalidInput($"'gateway_ip' {one} is not of IP version {subnet.IpVersion}");
        var ranges = new List<(Address First, Address Last)>();
        foreach (var pool in subnet.AllocationPools ?? [])
        {
            var (first, last) = (Parse(pool.Start), Parse(pool.End));
            if (first.IsV6 != cidr.IsV6 || last.IsV6 != cidr.IsV6 || last < first)
                return new(400, "InvalidAllocationPool", $"The allocation pool {pool.Start}-{pool.End} is not valid.");
            if (!cidr.Contains(first) || !cidr.Contains(last) || IsReserved(cidr, first) || IsReserved(cidr, last))
                return new(400, "OutOfBoundsAllocationPool", $"The allocation pool {pool.Start}-{pool.End} spans beyond the subnet cidr {cidr}.");
            foreach (var (otherFirst, otherLast) in ranges)
                if (first <= otherLast && otherFirst <= last)
                    return new(409, "OverlappingAllocationPools", $"Found overlapping allocation pools: {pool.Start}-{pool.End}, {otherFirst}-{otherLast} for subnet {cidr}.");
            if (gateway is { } address && address >= first && address <= last)
                return new(409, "GatewayConflictWithAllocationPools", $"Gateway ip {address} conflicts with allocation pool {pool.Start}-{pool.End}.");
            ranges.Add((first, last));
        }
        return null;
    }

    /// <summary>The network's own address and IPv4's broadcast; a /31, /32, /127 or /128 has neither (RFC 3021, RFC 6164).</summary>
    internal static bool IsReserved(Cidr cidr, Address address) =>
        cidr.Length < cidr.Address.Bits - 1 && (address == cidr.First || !cidr.IsV6 && address == cidr.Last);

    private static List<AllocationPool> DefaultPools(Cidr cidr, string? gateway)
    {
        var pointToPoint = cidr.Length >= cidr.Address.Bits - 1;
        var first = cidr.First.Value + (pointToPoint ? 0u : 1u);
        var last = cidr.Last.Value - (pointToPoint || cidr.IsV6 ? 0u : 1u);
        var pools = new List<AllocationPool>();
        if (gateway is not null && Address.TryParse(gateway, out var hole) && hole.Value >= first && hole.Value <= last && hole.IsV6 == cidr.IsV6)
        {
            if (hole.Value > first) Add(first, hole.Value - 1);
            if (hole.Value < last) Add(hole.Value + 1, last);
        }
        else
        {
            Add(first, last);
        }
        return pools;

        void Add(UInt128 start, UInt128 end) => pools.Add(new(new Address(cidr.IsV6, start).ToString(), new Address(cidr.IsV6, end).ToString()));
    }

    private static Address Parse(string text) =>
        Address.TryParse(text, out var address) ? address : Address.From(IPAddress.Parse(text));
}
