using System.Globalization;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Headers;

/// <summary>Reads the ports of a rule header: <c>any</c>, a port, a range <c>a:b</c>, lists, negations, variables.</summary>
public static class PortSyntax
{
    public static SyntaxFault? TryRead(Word word, IReadOnlyDictionary<string, string> variables, out PortSet set)
    {
        set = PortSet.Any;
        var items = new List<ListItem>();
        if (ListReader.TryFlatten(word, variables, items) is { } fault) return fault;
        List<(ushort, ushort)> included = [], excluded = [];
        foreach (var item in items)
        {
            if (!TryRange(item.Text, out var range))
                return new(item.Position, $"'{item.Text}' is no port: expected any, 80, 1024:2048, 1024:, :1023, a list [..] or a variable.");
            (item.IsNegated ? excluded : included).Add(range);
        }
        set = included is [(0, ushort.MaxValue)] && excluded.Count == 0 ? PortSet.Any : PortSet.Of(included, excluded);
        return set.IsEmpty ? word.Fault("No port is left in this list: everything is negated.") : null;
    }

    private static bool TryRange(string text, out (ushort First, ushort Last) range)
    {
        range = (0, ushort.MaxValue);
        if (text.Equals("any", StringComparison.OrdinalIgnoreCase)) return true;
        var parts = text.Split(':', StringSplitOptions.TrimEntries);
        if (parts.Length == 1) return TryPort(parts[0], out range.First) && TryPort(parts[0], out range.Last);
        return parts.Length == 2 && (parts[0].Length > 0 || parts[1].Length > 0)
            && (parts[0].Length == 0 || TryPort(parts[0], out range.First))
            && (parts[1].Length == 0 || TryPort(parts[1], out range.Last))
            && range.First <= range.Last;
    }

    private static bool TryPort(string text, out ushort port) => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port);
}
