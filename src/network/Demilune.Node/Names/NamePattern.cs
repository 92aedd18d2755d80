using System.Text.RegularExpressions;

namespace Demilune.Node.Names;

/// <summary>A domain name, or with "*." before it all names under it, however deep; never the name itself. Letter case means nothing.</summary>
/// <param name="Text">In lower case, without a dot at its end.</param>
internal readonly partial record struct NamePattern(string Text)
{
    public static bool TryParse(string text, out NamePattern pattern)
    {
        pattern = new(text.TrimEnd('.').ToLowerInvariant());
        return text.Length <= 255 && Syntax().IsMatch(text);
    }

    /// <param name="name">In lower case, without a dot at its end.</param>
    public bool Matches(string name) => Text.StartsWith('*')
        ? name.Length > Text.Length - 1 && name.EndsWith(Text[1..], StringComparison.Ordinal)
        : name == Text;

    // As policy.networking.k8s.io has it: at least two labels, the star only as the whole first one.
    [GeneratedRegex(@"\A(\*\.)?([a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.)+[a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.?\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Syntax();
}
