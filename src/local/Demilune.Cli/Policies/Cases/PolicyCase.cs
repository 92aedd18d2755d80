using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Demilune.Policy.Model;

namespace Demilune.Cli.Policies.Cases;

/// <summary>Objects, what is done to them, and who then reaches whom: one file.</summary>
/// <remarks>
/// <code>
/// about: what it shows
/// base: three-by-three          # objects that many cases begin with: BASES/three-by-three.yaml, here or in a directory above
/// steps:
/// - delete: [Pod x/a]           # first
///   apply: [MANIFEST, …]        # then; ${x/a} and ${x/a:6} are pods' addresses
///   expect:
///   - on: TCP/80                # default TCP/80; families: [4], [6], default both
///     table: |                  # rows: who asks; columns: who is asked
///       to    x/a  y/a  203.0.113.9
///       x/a    .    X    i      # . allowed   X denied   i allowed and inspected   - not asked
///   - {on: UDP/53, from: x/a, to: y/a, is: denied}
///   - {on: TCP/80, from: y/a, to: x/a, is: inspected, by: [web], shadows: []}
/// </code>
/// </remarks>
internal sealed record PolicyCase(string Name, string About, ImmutableArray<CaseStep> Steps)
{
    /// <param name="name">Named in results.</param>
    /// <param name="findBase">Name → its text, or null.</param>
    /// <exception cref="InvalidDataException">It is no case; the message says where.</exception>
    public static PolicyCase Parse(string text, string name, Func<string, string?> findBase)
    {
        if (Manifests.Read(text, name) is not [var root]) throw new InvalidDataException($"{name}: a case is one document");
        var steps = new List<CaseStep>();
        if (Manifests.Text(root, "base") is { } from)
        {
            var objects = findBase(from) ?? throw new InvalidDataException($"{name}: there is no base \"{from}\"");
            steps.Add(new CaseStep([], [.. Manifests.Objects(Manifests.Read(objects, from))], []));
        }
        foreach (var step in root["steps"] as JsonArray ?? throw new InvalidDataException($"{name}: no steps"))
            steps.Add(CaseStep.Parse(step as JsonObject ?? throw new InvalidDataException($"{name}: a step is no mapping"), name));
        if (steps.All(step => step.Expected.IsEmpty)) throw new InvalidDataException($"{name}: nothing is expected");
        return new PolicyCase(name, Manifests.Text(root, "about") ?? name, [.. steps]);
    }
}

/// <param name="Delete">"Pod x/a".</param>
internal sealed record CaseStep(ImmutableArray<string> Delete, ImmutableArray<JsonObject> Apply, ImmutableArray<Expectation> Expected)
{
    public static CaseStep Parse(JsonObject step, string name) => new(
        [.. (step["delete"] as JsonArray ?? []).Select(one => one?.ToString() ?? "")],
        [.. Manifests.Objects((step["apply"] as JsonArray ?? []).OfType<JsonObject>())],
        [.. (step["expect"] as JsonArray ?? []).OfType<JsonObject>().SelectMany(expectation => Expectation.Parse(expectation, name))]);
}

/// <summary>What becomes of one connection.</summary>
internal enum Fate
{
    Denied,
    Allowed,

    /// <summary>Allowed, and judged by a SecurityPolicy.</summary>
    Inspected,
}

/// <summary>One cell of a truth table.</summary>
/// <param name="From">A pod as "x/a", or an address.</param>
/// <param name="To">Likewise.</param>
/// <param name="By">Who judges it, if that is said.</param>
/// <param name="V4">To be asked over IPv4.</param>
/// <param name="V6">To be asked over IPv6.</param>
internal sealed record Expectation(Protocol Protocol, ushort Port, string From, string To, Fate Fate, ImmutableArray<string>? By, bool V4, bool V6)
{
    /// <summary>Who only tells what it would have done, if that is said.</summary>
    public ImmutableArray<string>? Shadows { get; init; }

    public static IEnumerable<Expectation> Parse(JsonObject json, string name)
    {
        var on = Manifests.Text(json, "on") ?? "TCP/80";
        if (on.Split('/') is not [var protocolText, var portText] || !Enum.TryParse<Protocol>(protocolText, ignoreCase: true, out var protocol)
            || !ushort.TryParse(portText, NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            throw new InvalidDataException($"{name}: on: {on} is not like TCP/80");
        var families = json["families"] is { } said ? (said as JsonArray)?.Select(family => family?.ToString()).ToList() : ["4", "6"];
        if (families is not { Count: > 0 } || families.Exists(family => family is not ("4" or "6"))) throw new InvalidDataException($"{name}: families: is a list of 4 and 6");
        var (by, shadows) = (Names("by"), Names("shadows"));
        if (Manifests.Text(json, "table") is { } table)
            return Rows(table, name).Select(cell => new Expectation(protocol, port, cell.From, cell.To, cell.Fate, by, families.Contains("4"), families.Contains("6")) { Shadows = shadows });
        if (Manifests.Text(json, "from") is not { } from || Manifests.Text(json, "to") is not { } to)
            throw new InvalidDataException($"{name}: an expectation needs a table, or from and to");
        Fate fate = Manifests.Text(json, "is") switch
        {
            "allowed" => Fate.Allowed,
            "denied" => Fate.Denied,
            "inspected" => Fate.Inspected,
            var other => throw new InvalidDataException($"{name}: is: {other} is none of allowed, denied, inspected"),
        };
        return [new Expectation(protocol, port, from, to, fate, by, families.Contains("4"), families.Contains("6")) { Shadows = shadows }];

        ImmutableArray<string>? Names(string member) =>
            (json[member] as JsonArray)?.Select(policy => policy?.ToString() ?? "").Order(StringComparer.Ordinal).ToImmutableArray();
    }

    private static IEnumerable<(string From, string To, Fate Fate)> Rows(string table, string name)
    {
        var lines = table.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToList();
        if (lines is not [["to", ..], ..]) throw new InvalidDataException($"{name}: a table begins with the line \"to POD POD …\"");
        foreach (var line in lines.Skip(1))
        {
            if (line.Length != lines[0].Length) throw new InvalidDataException($"{name}: the row of {line[0]} has {line.Length - 1} cells, the table {lines[0].Length - 1} columns");
            for (var i = 1; i < line.Length; i++)
            {
                if (line[i] == "-") continue;
                yield return (line[0], lines[0][i], line[i] switch
                {
                    "." => Fate.Allowed,
                    "X" => Fate.Denied,
                    "i" => Fate.Inspected,
                    var other => throw new InvalidDataException($"{name}: \"{other}\" in the row of {line[0]} is none of . X i -"),
                });
            }
        }
    }
}
