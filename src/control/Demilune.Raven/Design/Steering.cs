using System.Collections.Immutable;
using Demilune.Neutron;
using Demilune.Policy.Intents;
using Demilune.Raven.Facts;

namespace Demilune.Raven.Design;

/// <summary>Which flows of a pod go through which firewall, for which policy: its flow classifiers.</summary>
/// <remarks>
/// What an annotated policy allows is inspected even where a plain policy allows it too: the classifiers know only of the
/// annotated ones. Where several SecurityPolicies select one flow, each has its classifier, and all of them judge it. A network whose
/// classifiers cannot say which policy they are for gets one judge per flow: what prevents before what detects, what fails closed before what
/// fails open, then by name; the others' classifiers are cut to what is left, and nobody stands in the shadow.
/// </remarks>
internal static class Steering
{
    /// <param name="Source">True: flows that the pod opens; else flows that it accepts.</param>
    /// <param name="IsShadow">The policy only tells what it would have done.</param>
    public readonly record struct Match(bool Source, Remote Remote, Ports Ports, Inspection Inspection, bool IsShadow = false);

    /// <summary>The same flows, without saying twice what a policy judges.</summary>
    /// <param name="together">Several policies may judge one flow.</param>
    public static IReadOnlyList<Match> Disjoint(IEnumerable<Match> wanted, bool together)
    {
        var result = new List<Match>();
        var ordered = wanted
            .Where(match => together || !match.IsShadow)
            .OrderBy(match => match.IsShadow)
            .ThenByDescending(match => match.Inspection.Prevents)
            .ThenByDescending(match => match.Inspection.FailsClosed)
            .ThenBy(match => match.Inspection.SecurityPolicy, StringComparer.Ordinal)
            // Within a policy the broad ones first: they swallow the narrow ones.
            .ThenByDescending(match => match.Remote.IsAnybody)
            .ThenBy(match => match.Remote.Prefix?.Length ?? 0)
            .ThenBy(match => match.Ports.Protocol is not null)
            .ThenByDescending(match => match.Ports.Last - match.Ports.First)
            .ThenBy(match => (match.Remote.IsV6, match.Remote.Domain, match.Remote.Group, match.Remote.Prefix?.ToString(), match.Ports.ToString(), match.Source));
        foreach (var match in ordered)
        {
            List<Ports> left = [match.Ports];
            foreach (var taken in result)
                if (taken.Source == match.Source && taken.Remote.Covers(match.Remote) && (!together || (taken.IsShadow, taken.Inspection) == (match.IsShadow, match.Inspection)))
                    left = [.. left.SelectMany(ports => Without(ports, taken.Ports))];
            result.AddRange(left.Select(ports => match with { Ports = ports }));
        }
        return result;
    }

    public static FlowClassifier Classifier(Match match, string portKey, string name, Capabilities capabilities, string cluster, out string key)
    {
        var port = Key.Reference(portKey);
        var prefix = match.Remote.Prefix?.ToString();
        var classifier = new FlowClassifier
        {
            Name = name.Length > 255 ? name[..255] : name,
            Ethertype = match.Remote.Ethertype,
            Protocol = match.Ports.Protocol switch { Policy.Model.Protocol.Tcp => "tcp", Policy.Model.Protocol.Udp => "udp", _ => null },
            DestinationPortRangeMin = match.Ports.IsEveryPort ? null : match.Ports.First,
            DestinationPortRangeMax = match.Ports.IsEveryPort ? null : match.Ports.Last,
            LogicalSourcePort = match.Source ? port : null,
            LogicalDestinationPort = match.Source ? null : port,
            SourceIpPrefix = match.Source ? null : prefix,
            DestinationIpPrefix = match.Source ? prefix : null,
            SourceAddressGroupId = match.Source ? null : match.Remote.Group,
            DestinationAddressGroupId = match.Source ? match.Remote.Group : null,
            DestinationDomainName = match.Source ? match.Remote.Domain : null,
            L7Parameters = capabilities.ClassifierPolicy ? new L7Parameters { SecurityPolicyTag = match.Inspection.Tag, SecurityPolicyShadow = match.IsShadow ? true : null } : null,
        };
        key = Key.Flow(string.Join('|',
            classifier.Ethertype, classifier.Protocol, classifier.DestinationPortRangeMin, classifier.DestinationPortRangeMax,
            classifier.LogicalSourcePort, classifier.LogicalDestinationPort, classifier.SourceIpPrefix, classifier.DestinationIpPrefix,
            classifier.SourceAddressGroupId, classifier.DestinationAddressGroupId, classifier.DestinationDomainName, classifier.L7Parameters?.SecurityPolicyTag,
            match.Inspection.Firewall) + (match.IsShadow ? "|shadow" : ""));
        return classifier with { Description = Key.Mark(cluster, key) };
    }

    private static List<Ports> Without(Ports ports, Ports taken)
    {
        if (taken.Protocol is not null && taken.Protocol != ports.Protocol) return [ports];
        if (taken.Last < ports.First || taken.First > ports.Last) return [ports];
        // Everything but a range cannot be said of "every protocol"; the overlap stays and the datapath prefers the narrow one.
        if (ports.Protocol is null && !taken.Covers(ports)) return [ports];
        var left = new List<Ports>(2);
        if (taken.First > ports.First) left.Add(ports with { Last = (ushort)(taken.First - 1) });
        if (taken.Last < ports.Last) left.Add(ports with { First = (ushort)(taken.Last + 1) });
        return left;
    }
}
