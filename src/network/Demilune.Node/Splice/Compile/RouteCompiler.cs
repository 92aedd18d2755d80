using Demilune.Contracts.Nodes;
using Demilune.Node.Splice.Maps;

namespace Demilune.Node.Splice.Compile;

/// <summary>What routers know beyond the pods in their domains → the rows of their table. Pure. What cannot be understood has no row, and leads nowhere.</summary>
internal static class RouteCompiler
{
    public static void Compile(NodeState state, SplicePlan plan)
    {
        foreach (var router in state.Routers)
        {
            // Of who is nobody the domain knows with tunnels; where the nodes' network routes pods' addresses, only that does.
            foreach (var text in router.Prefixes)
                if (Prefix.TryParse(text, out var joined)) Set(router, joined, state.Overlay is null ? NobodyHere(joined) : Nobody(joined));
            foreach (var route in router.Routes)
                if (!Prefix.TryParse(route.Prefix, out var beyond)) continue;
                else if (route.NextHop.Length == 0) Set(router, beyond, NobodyHere(beyond));
                else if (Prefix.TryParse(route.NextHop, out var hop) && hop.IsHost && hop.IsIpv4 == beyond.IsIpv4) Set(router, beyond, hop);
        }

        void Set(Router router, Prefix prefix, Prefix via) =>
            plan.Routes.Set(new PrefixKey { Length = (uint)(32 + prefix.Length), Network = router.Number, Address = prefix.ToAddress() }, new RouteRow { Via = via.ToAddress() });
    }

    /// <summary>The next hop of what is unreachable.</summary>
    private static Prefix Nobody(Prefix of) => of.IsIpv4 ? Prefix.AnyIpv4 : default;

    /// <summary>That of what the port's own network leads to: none of its family (bpf/routers.h).</summary>
    private static Prefix NobodyHere(Prefix of) => of.IsIpv4 ? default : Prefix.AnyIpv4;
}
