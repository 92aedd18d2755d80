using Demilune.Contracts.Nodes;
using Demilune.Node.Splice.Maps;

namespace Demilune.Node.Splice.Compile;

/// <summary>Who is on which node → the rows of the tunnels' tables. Pure. What cannot be understood has no row: it is reached by nobody, and speaks to nobody.</summary>
internal static class OverlayCompiler
{
    /// <param name="overlay">Ifindex of the tunnels' interface; 0: there is none, and what should go by it is dropped.</param>
    public static void Compile(NodeState state, int overlay, CompilerMemory memory, SplicePlan plan)
    {
        OverlayRow row = default;
        if (state.Overlay is { Addresses.Count: > 0 } here && Prefix.TryParse(here.Addresses[0], out var own) && own.IsHost)
        {
            row = new() { Node = own.ToAddress(), Interface = (uint)overlay, On = 1 };
            foreach (var prefix in here.Prefixes)
                if (prefix.Network != 0 && Prefix.TryParse(prefix.Prefix, out var pods))
                {
                    plan.Tunnelled.Set(new PrefixKey { Length = (uint)(32 + pods.Length), Address = pods.ToAddress() }, prefix.Network);
                    Place(prefix.Network, Parsed(here.Addresses), own, plan);
                }
            var sets = state.AddressSets.DistinctBy(set => set.Id).ToDictionary(set => set.Id);
            var domains = state.Routers.Select(router => router.Number).ToHashSet();
            foreach (var node in state.RemoteNodes.OrderBy(NodeChanges.KeyOf, StringComparer.Ordinal))
            {
                if (node.Addresses.Count == 0 || !Prefix.TryParse(node.Addresses[0], out var end) || !end.IsHost || end.IsIpv4 != own.IsIpv4) continue;
                if (sets.TryGetValue(node.AddressSet, out var pods)) Place(node.Network, memory.Of(pods).Members, end, plan);
                // Nodes are in pods' own networks; behind a router they are the outside.
                if (!domains.Contains(node.Network)) Place(node.Network, Parsed(node.Addresses), end, plan);
            }
        }
        plan.Overlay.Set(0u, row);
    }

    private static IEnumerable<Prefix> Parsed(IEnumerable<string> addresses)
    {
        foreach (var text in addresses)
            if (Prefix.TryParse(text, out var address)) yield return address;
    }

    private static void Place(uint network, IEnumerable<Prefix> addresses, Prefix node, SplicePlan plan)
    {
        foreach (var address in addresses)
            if (address.IsHost) plan.Remotes.Set(new AddressKey { Network = network, Address = address.ToAddress() }, new RemoteRow { Node = node.ToAddress() });
    }
}
