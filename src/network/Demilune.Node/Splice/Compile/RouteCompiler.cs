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
            // Where the nodes' network routes pods' addresses, only it knows who is nobody.
            if (state.Overlay is not null)
                foreach (var text in router.Prefixes)
                    if (Prefix.TryParse(text, out var joined)) Set(router, joined, joined.IsIpv4 ? Prefix.AnyIpv4 : default);
            foreach (var route in router.Routes)
                if (Prefix.TryParse(route.Prefix, out var beyond) && Prefix.TryParse(route.NextHop, out var hop) && hop.IsHost && hop.IsIpv4 == beyond.IsIpv4) Set(router, beyond, hop);
        }

        void Set(Router router, Prefix prefix, Prefix via) =>
            plan.Routes.Set(new PrefixKey { Length = (uint)(32 + prefix.Length), Network = router.Number, Address = prefix.ToAddress() }, new RouteRow { Via = via.ToAddress() });
    }
}
