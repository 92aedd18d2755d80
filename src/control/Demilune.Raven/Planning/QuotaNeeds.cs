using System.Collections.Immutable;
using Demilune.Neutron;

namespace Demilune.Raven.Planning;

/// <summary>What a plan asks for beyond what the project may have. Pure.</summary>
internal static class QuotaNeeds
{
    private static readonly ImmutableDictionary<Type, string> Names = new Dictionary<Type, string>
    {
        [typeof(Network)] = "network", [typeof(Subnet)] = "subnet", [typeof(Port)] = "port", [typeof(SecurityGroup)] = "security_group",
        [typeof(SecurityGroupRule)] = "security_group_rule", [typeof(AddressGroup)] = "address_group", [typeof(PortPair)] = "port_pair",
        [typeof(PortPairGroup)] = "port_pair_group", [typeof(FlowClassifier)] = "flow_classifier", [typeof(PortChain)] = "port_chain",
    }.ToImmutableDictionary();

    /// <returns>In words, one per kind that will not do.</returns>
    public static IEnumerable<string> Shortages(IEnumerable<Operation> plan, IReadOnlyList<QuotaUse> quotas) =>
        from needed in plan.OfType<Create>().GroupBy(create => Names.GetValueOrDefault(create.Resource.GetType(), ""))
        // A new group is given two rules before they are taken away again.
        let count = needed.Key == "security_group_rule" ? Math.Max(needed.Count(), 2) : needed.Count()
        let quota = quotas.FirstOrDefault(use => use.Resource == needed.Key)
        where quota is not null && count > quota.Free
        orderby needed.Key
        select $"quota of {needed.Key}: {count} more are needed, {quota.Free} of {quota.Limit} are free; raise it (openstack quota set --{needed.Key.Replace('_', '-')}s N PROJECT), or remove what is not needed";
}
