using Demilune.Policy.Intents;
using Demilune.Policy.Model;
using Demilune.Raven.Facts;

namespace Demilune.Raven.Design;

/// <summary>
/// Which Services' addresses a policy opens. NetworkPolicy speaks of pods, but a pod speaks to a Service, and its node judges what leaves the
/// pod before it is translated.
/// </summary>
/// <remarks>
/// An address is open if every endpoint behind it is a pod that may be reached, at the port that it is translated to: whoever may create
/// Services gets nowhere by it that the policy does not lead. Blocks of addresses open no Service: who means a Service by a block names its address.
/// </remarks>
internal sealed class ServiceAccess(ClusterFacts facts, ClusterIntent intent)
{
    private readonly Dictionary<PeerSelector, HashSet<string>> _members = [];
    private readonly HashSet<string> _pods = [.. facts.Cluster.Pods.Select(pod => pod.Uid)];

    /// <summary>
    /// Which of a policy's rules speak of a Service together: those of a NetworkPolicy add up, in a tier of the cluster's each rule speaks for itself.
    /// </summary>
    public static IEnumerable<List<Allowance>> Groups(PolicyIntent policy, IEnumerable<Allowance> allowances)
    {
        var egress = allowances.Where(allowance => allowance is { Direction: Direction.Egress, Peers: not Peers.Block }).ToList();
        if (policy.Tier != Tier.Namespaced) return egress.GroupBy(allowance => allowance.Order).Select(rule => rule.ToList());
        return egress.Count == 0 ? [] : [egress];
    }

    /// <summary>
    /// The Services that rules of one action speak of. What opens needs every endpoint; what denies needs one: a node that translates could choose it.
    /// </summary>
    public IEnumerable<ServiceFront> OpenedBy(List<Allowance> rules) => rules[0].Action == RuleAction.Deny
        ? facts.Services.Where(front => front.Backends.Any(backend => rules.Exists(rule => Allows(rule, front.Protocol, backend))))
        : facts.Services.Where(front => front.Backends.All(backend => rules.Exists(rule => Allows(rule, front.Protocol, backend))));

    private bool Allows(Allowance allowance, Protocol protocol, (string PodUid, ushort Port) backend) =>
        allowance.Ports.Covers(new Ports(protocol, backend.Port, backend.Port)) && allowance.Peers switch
        {
            Peers.Anybody => _pods.Contains(backend.PodUid),
            Peers.Selected selected => Members(selected.Selector).Contains(backend.PodUid),
            _ => false,
        };

    private HashSet<string> Members(PeerSelector selector)
    {
        if (!_members.TryGetValue(selector, out var members))
            _members[selector] = members = [.. intent.Members[selector].Select(pod => pod.Uid)];
        return members;
    }
}
