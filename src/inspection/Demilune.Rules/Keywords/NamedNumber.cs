using Demilune.Rules.Buffers;
using Demilune.Rules.Matching;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary>Keywords that ask for a number of a protocol which has a name, too: <c>NAME:ping</c>, <c>NAME:!ping</c>, or as <see cref="ProtocolNumber"/>.</summary>
internal static class NamedNumber
{
    public static SyntaxFault? Parse(SignatureBuilder signature, OptionSyntax option, BufferId buffer, IReadOnlyList<(string Name, int Number)> names) =>
        TryParse(option.Value ?? "", names, out var range)
            ? ProtocolNumber.Add(signature, option, buffer, range)
            : option.Fault($"'{option.Name}' takes n, !n, <n, >n, <=n, >=n, a<>b, or a name: {string.Join(", ", names.Select(pair => pair.Name))}.");

    public static bool TryParse(string text, IReadOnlyList<(string Name, int Number)> names, out NumberRange range)
    {
        var word = text.Trim();
        foreach (var (name, number) in names)
        {
            if (!name.Equals(word.TrimStart('!').Trim(), StringComparison.OrdinalIgnoreCase)) continue;
            range = new(number, number, word.StartsWith('!'));
            return true;
        }
        return NumberRange.TryParse(text, endsBelong: false, out range);
    }
}
