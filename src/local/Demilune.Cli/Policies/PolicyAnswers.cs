using Demilune.Cli.Policies.Cases;
using Demilune.Policy.Addresses;
using Demilune.Policy.Intents;
using Demilune.Policy.Model;

namespace Demilune.Cli.Policies;

/// <param name="From">A pod as NAMESPACE/NAME, or an address.</param>
/// <param name="To">Likewise, or a domain name.</param>
internal readonly record struct Question(string From, string To, Protocol Protocol, ushort Port);

/// <summary>One state of a cluster, asked what becomes of connections.</summary>
internal sealed class PolicyAnswers
{
    /// <summary>Addresses outside that are asked for: of policies with more blocks than that the rest is left out.</summary>
    private const int MaxAddresses = 256;

    private readonly ClusterObjects _objects;
    private readonly ClusterIntent _intent;

    public PolicyAnswers(ClusterObjects objects)
    {
        _objects = objects;
        var cluster = objects.ToCluster();
        _intent = PolicyCompiler.Compile(cluster);
        Pods = cluster.Pods.ToDictionary(pod => pod.Name.ToString(), StringComparer.Ordinal);
    }

    public IReadOnlyDictionary<string, Pod> Pods { get; }

    /// <summary>
    /// Every pair of pods that are in both states, every pod and domain name, and every pod and address of a block that a policy speaks of, either way: at each port that a
    /// policy speaks of and one that none does.
    /// </summary>
    public static IEnumerable<Question> Everything(PolicyAnswers old, PolicyAnswers next)
    {
        var ports = old.Ports().Concat(next.Ports()).Distinct().Order().ToList();
        var pods = old.Pods.Keys.Intersect(next.Pods.Keys).Order(StringComparer.Ordinal).ToList();
        var names = old.Names().Concat(next.Names()).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var taken = pods.SelectMany(pod => new[] { old._objects.AddressOf(pod, false), old._objects.AddressOf(pod, true) }).OfType<Prefix>().ToHashSet();
        var addresses = old.Edges().Concat(next.Edges()).Distinct().Where(address => !taken.Contains(address)).Order().Take(MaxAddresses)
            .Select(address => address.ToString()[..address.ToString().IndexOf('/', StringComparison.Ordinal)]).ToList();
        return from ends in pods.SelectMany(pod => pods.Where(other => other != pod).Concat(names).Concat(addresses).Select(to => (From: pod, To: to)))
                   .Concat(addresses.SelectMany(address => pods.Select(pod => (From: address, To: pod))))
               from port in ports
               select new Question(ends.From, ends.To, port.Protocol, port.Port);
    }

    /// <returns>Null: one of the two is unknown, or they have no addresses of this family.</returns>
    public string? Of(Question question, bool v6)
    {
        var asked = new Expectation(question.Protocol, question.Port, question.From, question.To, Fate.Allowed, null, true, true);
        if (!IsKnown(question.From) || !(IsKnown(question.To) || NamedAddress.TryParse(question.To, v6) is not null)) return null;      // a recorded flow of a pod that is gone
        if (CaseRun.AttemptOf(asked, v6, Pods, _objects, "diff") is not { } attempt) return null;
        var outcome = CaseRun.Judge(_intent, attempt, Pods, _objects);
        if (!outcome.Allowed) return "denied";
        var judged = outcome.SecurityPolicies.Count == 0 ? "allowed" : $"inspected by {string.Join(", ", outcome.SecurityPolicies)}";
        return string.Join(", ", outcome.Shadows.Select(name => $"in the shadow of {name}").Prepend(judged));
    }

    private bool IsKnown(string who) => _objects.AddressOf(who, v6: false) is not null || Prefix.TryParse(who, out _);

    /// <summary>Of "*.NAME" one that it stands for; and one that nobody speaks of is not asked for: names open, they never close.</summary>
    private IEnumerable<string> Names() =>
        Rules().Select(rule => rule.Peers).OfType<Peers.Domain>().Select(domain => domain.Pattern.Text.Replace("*.", "any.", StringComparison.Ordinal));

    /// <summary>Where a block begins, and what comes behind it: between those nothing changes.</summary>
    private IEnumerable<Prefix> Edges()
    {
        foreach (var block in Rules().Select(rule => rule.Peers).OfType<Peers.Block>().Select(block => block.Prefix).Distinct())
        {
            var width = block.IsV6 ? 128 : 32;
            // 0.0.0.0 and :: are nobody's address.
            yield return new Prefix(block.IsV6, UInt128.Max(block.First, block.Length == width ? UInt128.Zero : UInt128.One), width);
            var last = block.IsV6 ? UInt128.MaxValue : uint.MaxValue;
            if (block.Last < last) yield return new Prefix(block.IsV6, block.Last + 1, width);
        }
    }

    private IEnumerable<(Protocol Protocol, ushort Port)> Ports()
    {
        // Where a range begins, ends, and is left: between those nothing changes.
        foreach (var ports in Rules().Select(rule => rule.Ports).Distinct())
        {
            foreach (var protocol in ports.Protocol is { } one ? [one] : Enum.GetValues<Protocol>())
            {
                yield return (protocol, Math.Max(ports.First, (ushort)1));
                if (ports.First > 1) yield return (protocol, (ushort)(ports.First - 1));
                if (ports.Last < ushort.MaxValue) yield return (protocol, (ushort)(ports.Last + 1));
            }
        }
        foreach (var port in Pods.Values.SelectMany(pod => pod.Ports)) yield return (port.Protocol, port.Number);
    }

    private IEnumerable<Allowance> Rules() => _intent.Policies.SelectMany(policy => policy.Variants).SelectMany(variant => variant.Allowances);
}
