using System.Net;
using Demilune.Neutron;
using Demilune.Sdn.Addressing;
using Demilune.Sdn.Api;

namespace Demilune.Sdn.Resources;

internal sealed class Subnets : Collection<Subnet>
{
    private static readonly Check Ipv6Mode = Checks.OrNull(Checks.OneOf("dhcpv6-stateful", "dhcpv6-stateless", "slaac"));
    private static readonly Check Pools = Checks.OrNull(Checks.ListOf(
        Checks.Members(("start", Checks.IpAddress), ("end", Checks.IpAddress)), max: 64));

    public override AttributeTable Attributes { get; } = new(
        standard: true,
        Attribute.RequiredOnce("network_id", Checks.Uuid),
        Attribute.RequiredOnce("ip_version", Checks.Int(4, 6)),
        Attribute.Once("cidr", Checks.OrNull(Checks.Prefix)),
        // Not said and null differ: the first address, or none. "" stands for "not said" until the rules have run.
        new("gateway_ip", Checks.OrNull((ref value) => Checks.TextOf(value) is "" ? null : Checks.IpAddress(ref value))) { Default = () => "" },
        new("allocation_pools", Pools),
        new("enable_dhcp", Checks.Bool) { Default = () => true },
        new("dns_nameservers", Checks.OrNull(Checks.ListOf(Checks.IpAddress, max: 5))),
        new("host_routes", Checks.OrNull(Checks.ListOf(Checks.Members(("destination", Checks.Prefix), ("nexthop", Checks.IpAddress)), max: 20))),
        Attribute.Once("ipv6_ra_mode", Ipv6Mode),
        Attribute.Once("ipv6_address_mode", Ipv6Mode),
        Attribute.Once("subnetpool_id", Checks.OrNull(Checks.Uuid)));

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
            return Fault.BadRequest(made.SubnetpoolId is null
                ? "a subnetpool must be specified in the absence of a cidr" : "subnet pools are not served: give a cidr");
        if (cidr.IsV6 != (made.IpVersion == 6))
            return Fault.InvalidInput($"Invalid input for cidr. ip_version '{made.IpVersion}' does not match the cidr '{text}'");
        if (cidr.Length == 0) return Fault.InvalidInput("0 is not allowed as CIDR prefix length");
        if (made.IpVersion == 4 && (made.Ipv6AddressMode ?? made.Ipv6RaMode) is not null)
            return Fault.InvalidInput("ipv6_ra_mode or ipv6_address_mode cannot be set when ip_version is 4");
        foreach (var other in draft.State.Referrers<Subnet>(network.Id))
            if (PrefixOf(other).Overlaps(cidr))
                return Fault.InvalidInput($"Requested subnet with cidr: {text} for network: {network.Id} overlaps with another subnet");

        var gateway = made.GatewayIp is "" ? new Address(cidr.IsV6, cidr.First.Value + (cidr.Length >= cidr.Address.Bits - 1 ? 0u : 1u)).ToString() : made.GatewayIp;
        made = made with
        {
            Cidr = cidr.Normalized,
            GatewayIp = gateway,
            DnsNameservers = made.DnsNameservers ?? [],
            HostRoutes = made.HostRoutes ?? [],
            AllocationPools = made.AllocationPools ?? DefaultPools(cidr, gateway),
        };
        if (PoolFault(cidr, made) is { } fault) return fault;
        draft.Touch<Network>(wanted.NetworkId);
        return null;
    }

    protected override Fault? OnUpdate(Draft draft, Subnet was, ref Subnet now)
    {
        if (now.GatewayIp is "") now = now with { GatewayIp = null };
        if (now.GatewayIp != was.GatewayIp && now.GatewayIp is not null
            && draft.State.Holder(Ports.AddressKey(now.Id, now.GatewayIp)) is { } user)
            return new(409, "GatewayIpInUse", $"Current gateway ip {now.GatewayIp} already in use by port {user}. Unable to update.");
        return PoolFault(PrefixOf(now), now);
    }

    protected override Fault? OnDelete(Draft draft, Subnet gone)
    {
        if (draft.State.Referrers<Port>(gone.Id).Any())
            return new(409, "SubnetInUse", $"Unable to complete operation on subnet {gone.Id}: One or more ports have an IP allocation from this subnet.");
        draft.Touch<Network>(gone.NetworkId);
        return null;
    }

    protected override IEnumerable<string> References(Subnet resource) => [resource.NetworkId!];

    private static Fault? PoolFault(Cidr cidr, Subnet subnet)
    {
        var gateway = subnet.GatewayIp is { } text && Address.TryParse(text, out var parsed) ? parsed : (Address?)null;
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
