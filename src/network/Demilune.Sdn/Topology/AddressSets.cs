using Demilune.Contracts.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Addressing;
using Port = Demilune.Neutron.Port;

namespace Demilune.Sdn.Topology;

/// <summary>Who is meant by a rule or a classifier that names an address group, or a security group as its remote.</summary>
internal static class AddressSets
{
    public static AddressSet Of(NetworkState state, string id, Translation translation) => state.Find<AddressGroup>(id) is { } group
        ? translation.Of(group)
        : Of(id, state.Referrers<Port>(id).SelectMany(Addresses));

    public static AddressSet Of(string id, IEnumerable<string> addresses) =>
        new() { Id = id, Prefixes = { addresses.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal) } };

    /// <summary>A member of a security group counts with all addresses that it may use.</summary>
    private static IEnumerable<string> Addresses(Port port) =>
        (port.FixedIps ?? []).Select(ip => ip.IpAddress!)
        .Concat((port.AllowedAddressPairs ?? []).Select(pair => pair.IpAddress!))
        .Select(text => Address.TryParse(text, out var address) ? $"{address}/{address.Bits}"
            : Cidr.TryParse(text, out var cidr) ? cidr.Normalized
            : throw new InvalidOperationException($"Port {port.Id} has '{text}' for an address."));
}
