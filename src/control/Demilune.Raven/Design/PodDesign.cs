using System.Collections.Immutable;
using Demilune.Kubernetes.Crds;
using Demilune.Neutron;
using Demilune.Policy.Intents;
using Demilune.Policy.Model;
using Demilune.Raven.Facts;

namespace Demilune.Raven.Design;

/// <summary>A pod that runs somewhere → its ports, and the classifiers that steer its traffic. Pure.</summary>
internal static class PodDesign
{
    /// <summary>The chain of those flows that nobody can judge: through a group without instances, so that they fail as they should.</summary>
    private const string Nobody = "(none)";        // no Kubernetes name looks like this

    /// <param name="intent">Null: no policy speaks of it (a firewall).</param>
    public static PodPart Of(PlacedPod pod, PodIntent? intent, Surroundings around)
    {
        var remotes = around.Remotes();
        var classifiers = around.Capabilities.ServiceChaining && intent is not null
            ? Classifiers(pod, intent, around, remotes)
            : ImmutableDictionary<string, (FlowClassifier, string)>.Empty;
        var ports = Ports(pod, intent, around).ToImmutableDictionary(port => port.Key, port => port.Port, StringComparer.Ordinal);
        // The runtime may attach a firewall as soon as its own port is bound: its siblings have to be there by then.
        ImmutableArray<string> prerequisites = pod.Firewall is not null
            ? [Key.FirewallIn(pod.Uid), Key.FirewallOut(pod.Uid)]
            : [.. classifiers.Keys.Order(StringComparer.Ordinal), .. classifiers.Values.Select(classifier => Key.Chain(classifier.Item2)).Distinct().Order(StringComparer.Ordinal)];
        return new PodPart(pod, ports, pod.Firewall is not null && around.Capabilities.ServiceChaining ? Pair(pod, around) : null, classifiers, prerequisites, remotes.Uses, LimitOf(pod, around.Capabilities));
    }

    private static ImmutableDictionary<string, (FlowClassifier, string)> Classifiers(PlacedPod pod, PodIntent intent, Surroundings around, Remotes words)
    {
        var capabilities = around.Capabilities;
        var wanted = new List<Steering.Match>();
        foreach (var (_, variant) in intent.Policies)
        {
            foreach (var allowance in variant.Allowances)
            {
                if (allowance.Ports.Protocol == Protocol.Sctp || (allowance.Peers is Peers.Domain && !capabilities.DomainNames)) continue;
                if (allowance.SecurityPolicy is { } named)
                    Add(allowance, around.Inspections.GetValueOrDefault(named) ?? new Inspection(named, PolicyTags.Missing, null, true, true), isShadow: false);
                // One that is not there, or was refused, does no harm: it only tells nothing.
                if (allowance.ShadowSecurityPolicy is { } shadow && around.Inspections.GetValueOrDefault(shadow) is { Firewall: not null } known)
                    Add(allowance, known, isShadow: true);
            }
        }
        var classifiers = ImmutableDictionary.CreateBuilder<string, (FlowClassifier, string)>(StringComparer.Ordinal);
        foreach (var match in Steering.Disjoint(wanted, together: capabilities.ClassifierPolicy))
        {
            var name = $"{(match.IsShadow ? "shadow " : "")}{match.Inspection.SecurityPolicy} {pod.Name}";
            var classifier = Steering.Classifier(match, Key.Port(pod.Uid), name, capabilities, around.Options.ClusterName, out var key);
            classifiers[key] = (classifier, match.Inspection.Firewall ?? Nobody);
        }
        return classifiers.ToImmutable();

        void Add(Allowance allowance, Inspection inspection, bool isShadow)
        {
            var egress = allowance.Direction == Direction.Egress;
            var remotes = egress
                ? words.Outside(allowance.Peers, capabilities.ClassifierAddressGroup)
                : words.Of(allowance.Peers, capabilities.ClassifierAddressGroup);
            wanted.AddRange(remotes.Select(remote => new Steering.Match(egress, remote, allowance.Ports, inspection, isShadow)));
        }
    }

    private static IEnumerable<(string Key, Port Port)> Ports(PlacedPod pod, PodIntent? intent, Surroundings around)
    {
        // A firewall needs no network of its own, so that whoever breaks it from within reaches nobody.
        var groups = pod.Firewall is not null || intent is null ? [] : GroupsOf(intent, around.Capabilities);
        var key = Key.Port(pod.Uid);
        yield return (key, Port(pod, key, "", DeviceOwners.Pod, around) with
        {
            SecurityGroups = groups,
            QosPolicyId = LimitOf(pod, around.Capabilities) is { } limit ? Key.Reference(Key.Limit(limit)) : null,
        });
        if (pod.Firewall is null) yield break;
        foreach (var (sibling, suffix, owner) in new[]
        {
            (Key.FirewallIn(pod.Uid), ":in", DeviceOwners.FirewallIn), (Key.FirewallOut(pod.Uid), ":out", DeviceOwners.FirewallOut),
        })
            yield return (sibling, Port(pod, sibling, suffix, owner, around) with { PortSecurityEnabled = false, FixedIps = [], SecurityGroups = [] });
    }

    /// <summary>A firewall has none: its limit would be that of all who go through it.</summary>
    private static Bandwidth? LimitOf(PlacedPod pod, Capabilities capabilities) =>
        capabilities.Qos && pod.Firewall is null && !pod.Bandwidth.IsNone ? pod.Bandwidth : null;

    private static Port Port(PlacedPod pod, string key, string suffix, string owner, Surroundings around)
    {
        var name = pod.Name.ToString();
        return new Port
        {
            Name = (name.Length > 240 ? name[..240] : name) + suffix,
            Description = around.Mark(key),
            NetworkId = Key.Reference(Key.Network),
            DeviceId = pod.Uid,
            DeviceOwner = owner,
            HostId = pod.Node,
        };
    }

    private static string[] GroupsOf(PodIntent pod, Capabilities capabilities) =>
    [
        .. pod.IngressIsolated ? Array.Empty<string>() : [Key.Reference(Key.AllowIngress)],
        .. pod.EgressIsolated ? Array.Empty<string>() : [Key.Reference(Key.AllowEgress)],
        .. pod.Policies.SelectMany(pair => GroupsOf(pod, pair.Policy, pair.Variant, capabilities)).Select(Key.Reference),
    ];

    private static IEnumerable<string> GroupsOf(PodIntent pod, PolicyIntent policy, PolicyVariant variant, Capabilities capabilities)
    {
        if (policy.Tier == Tier.Namespaced) return [Key.Policy(policy, variant)];
        if (!capabilities.RuleTiers) return [];
        return Enum.GetValues<Direction>()
            .Where(direction => policy.Tier == Tier.Admin || !(direction == Direction.Ingress ? pod.IngressIsolated : pod.EgressIsolated))
            .Select(direction => Key.Policy(policy, variant, direction));
    }

    private static PortPair Pair(PlacedPod firewall, Surroundings around) => new()
    {
        Name = firewall.Name.ToString() is { Length: > 255 } name ? name[..255] : firewall.Name.ToString(),
        Description = around.Mark(Key.Pair(firewall.Uid)),
        Ingress = Key.Reference(Key.FirewallIn(firewall.Uid)),
        Egress = Key.Reference(Key.FirewallOut(firewall.Uid)),
    };
}
