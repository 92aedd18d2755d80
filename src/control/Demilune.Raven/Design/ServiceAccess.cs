using System.Collections.Immutable;
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
internal sealed class ServiceAccess
{
    private static readonly IReadOnlySet<string> Nobody = new HashSet<string>();

    private readonly Dictionary<string, ImmutableArray<ServiceFront>> _services = new(StringComparer.Ordinal);

    /// <summary>UID of a pod → the Services that it is behind.</summary>
    private readonly Dictionary<string, HashSet<string>> _behind = new(StringComparer.Ordinal);

    /// <summary>UIDs of the pods behind a Service; an endpoint that is no pod is none.</summary>
    public IReadOnlySet<string> PodsBehind(string service) => _services.TryGetValue(service, out var fronts) ? Pods(fronts) : Nobody;

    public bool IsBehindAny(string podUid) => _behind.ContainsKey(podUid);

    /// <param name="fronts">None: it is gone.</param>
    public void Set(string service, ImmutableArray<ServiceFront> fronts)
    {
        foreach (var pod in PodsBehind(service))
            if (_behind[pod].Remove(service) && _behind[pod].Count == 0) _behind.Remove(pod);
        if (fronts.IsEmpty) _services.Remove(service);
        else _services[service] = fronts;
        foreach (var pod in PodsBehind(service))
        {
            if (!_behind.TryGetValue(pod, out var services)) _behind[pod] = services = new(StringComparer.Ordinal);
            services.Add(service);
        }
    }

    /// <summary>
    /// Which of a policy's rules speak of a Service together: those of a NetworkPolicy add up, in a tier of the cluster's each rule speaks for itself.
    /// </summary>
    public static IEnumerable<List<Allowance>> Groups(PolicyIntent policy, IEnumerable<Allowance> allowances)
    {
        var egress = allowances.Where(allowance => allowance is { Direction: Direction.Egress, Peers: not (Peers.Block or Peers.Domain) }).ToList();
        if (policy.Tier != Tier.Namespaced) return egress.GroupBy(allowance => allowance.Order).Select(rule => rule.ToList());
        return egress.Count == 0 ? [] : [egress];
    }

    /// <summary>
    /// The Services that rules of one action speak of. What opens needs every endpoint; what denies needs one: a node that translates could choose it.
    /// </summary>
    public IEnumerable<ServiceFront> OpenedBy(ClusterIntent intent, List<Allowance> rules)
    {
        var members = rules.Select(rule => rule.Peers).OfType<Peers.Selected>().Select(peers => peers.Selector).Distinct()
            .ToDictionary(selector => selector, selector => intent.Members[selector].Select(pod => pod.Uid).Where(IsBehindAny).ToHashSet(StringComparer.Ordinal));
        // A Service of which no endpoint is among those spoken of needs no look.
        var candidates = rules.Exists(rule => rule.Peers is Peers.Anybody)
            ? _services.Keys
            : members.Values.SelectMany(pods => pods).SelectMany(pod => _behind[pod]).Distinct(StringComparer.Ordinal);
        var fronts = candidates.Order(StringComparer.Ordinal).SelectMany(service => _services[service]);
        return rules[0].Action == RuleAction.Deny
            ? fronts.Where(front => front.Backends.Any(backend => rules.Exists(rule => Allows(rule, front.Protocol, backend))))
            : fronts.Where(front => front.Backends.All(backend => rules.Exists(rule => Allows(rule, front.Protocol, backend))));

        bool Allows(Allowance allowance, Protocol protocol, (string PodUid, ushort Port) backend) =>
            allowance.Ports.Covers(new Ports(protocol, backend.Port, backend.Port)) && allowance.Peers switch
            {
                Peers.Anybody => intent.PodsByUid.ContainsKey(backend.PodUid),
                Peers.Selected selected => members[selected.Selector].Contains(backend.PodUid),
                _ => false,
            };
    }

    private static HashSet<string> Pods(ImmutableArray<ServiceFront> fronts) =>
        fronts.SelectMany(front => front.Backends).Select(backend => backend.PodUid).Where(uid => uid.Length > 0).ToHashSet(StringComparer.Ordinal);
}
