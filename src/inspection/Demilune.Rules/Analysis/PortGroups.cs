using System.Text.Json;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;

namespace Demilune.Rules.Analysis;

/// <summary>Which rules can match at which ports, as Suricata groups them and tells in <c>rule_group.json</c>. We do not group: our prefilters are by buffer.</summary>
/// <param name="First">Inclusive.</param>
/// <param name="Last">Inclusive.</param>
/// <param name="Id">The same for ports with the same rules.</param>
/// <param name="Rules">In the order in which they apply.</param>
public sealed record PortGroup(int First, int Last, int Id, IReadOnlyList<Signature> Rules);

/// <summary>Finds them.</summary>
public static class PortGroups
{
    /// <summary>Ports that get a group of their own before others: <c>detect.grouping.tcp-whitelist</c> and <c>udp-whitelist</c> as Suricata ships them.</summary>
    private static readonly int[] s_preferredTcp = [53, 80, 139, 443, 445, 1433, 3306, 3389, 6666, 6667, 8080], s_preferredUdp = [53, 135, 5060];

    /// <param name="protocol">6 or 17.</param>
    /// <param name="direction">Towards the server rules are grouped by destination port, towards the client by source port.</param>
    /// <param name="most">Groups of their own; the rest of the ports share one.</param>
    public static IReadOnlyList<PortGroup> Of(RuleSet rules, byte protocol, FlowDirections direction, int most)
    {
        var signatures = rules.Signatures.Where(signature => IsGrouped(signature, protocol, direction)).ToArray();
        var starts = signatures.SelectMany(signature => Ports(signature, direction).Ranges).SelectMany(range => (int[])[range.First, range.Last + 1]).Distinct().Order().ToArray();
        var pieces = new List<(int First, int Last, Signature[] Rules, bool IsPreferred)>();
        for (var i = 0; i + 1 < starts.Length; i++)
        {
            var (first, last) = (starts[i], starts[i + 1] - 1);
            var here = Array.FindAll(signatures, signature => Ports(signature, direction).Contains((ushort)first));
            if (here.Length == 0) continue;
            var isPreferred = here.Any(signature => Ports(signature, direction).Ranges.Any(range => range.First == range.Last && range.First == first && first == last && IsPreferred(first, protocol)));
            // Neighbours with the very same rules are one, unless they were cut by somebody's port.
            pieces.Add((first, last, here, isPreferred));
        }
        var groups = new List<PortGroup>();
        var known = new Dictionary<string, int>();
        var shared = new SortedSet<int>();
        foreach (var (first, last, here, _) in pieces.OrderByDescending(piece => piece.IsPreferred).ThenByDescending(piece => piece.Rules.Length).ThenBy(piece => piece.First))
        {
            var key = string.Join(',', here.Select(signature => signature.Index));
            if (!known.TryGetValue(key, out var id))
            {
                if (known.Count >= most)
                {
                    shared.UnionWith(here.Select(signature => signature.Index));
                    continue;
                }
                known.Add(key, id = known.Count);
            }
            groups.Add(new(first, last, id, here));
        }
        if (shared.Count > 0) groups.Add(new(0, ushort.MaxValue, known.Count, [.. shared.Select(index => rules[index])]));
        return groups;
    }

    /// <summary>The whole file.</summary>
    public static void WriteAll(Utf8JsonWriter json, RuleSet rules, int mostToServer, int mostToClient)
    {
        json.WriteStartObject();
        foreach (var (name, protocol) in (ReadOnlySpan<(string, byte)>)[("tcp", 6), ("udp", 17)])
        {
            json.WriteStartObject(name);
            Write(json, "toserver", Of(rules, protocol, FlowDirections.ToServer, mostToServer));
            Write(json, "toclient", Of(rules, protocol, FlowDirections.ToClient, mostToClient));
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string direction, IReadOnlyList<PortGroup> groups)
    {
        json.WriteStartArray(direction);
        foreach (var group in groups)
        {
            json.WriteStartObject();
            json.WriteNumber("port", group.First);
            json.WriteNumber("port2", group.Last);
            json.WriteStartObject("rulegroup");
            json.WriteNumber("id", group.Id);
            json.WriteStartArray("rules");
            foreach (var rule in group.Rules)
            {
                json.WriteStartObject();
                json.WriteNumber("sig_id", rule.Sid);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static bool IsGrouped(Signature signature, byte protocol, FlowDirections direction) =>
        (signature.Directions & direction) != 0 && (signature.Header.Protocol.IpProtocol ?? protocol) == protocol && signature.Analysis?.Type is not ("ip_only" or "de_only");

    private static PortSet Ports(Signature signature, FlowDirections direction) =>
        direction == FlowDirections.ToServer ? signature.Header.DestinationPorts : signature.Header.SourcePorts;

    private static bool IsPreferred(int port, byte protocol) => (protocol == 6 ? s_preferredTcp : s_preferredUdp).Contains(port);
}
