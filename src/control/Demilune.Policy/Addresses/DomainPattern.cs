using System.Text.RegularExpressions;

namespace Demilune.Policy.Addresses;

/// <summary>A domain name, or with "*." before it all names under it, however deep; never the name itself. Letter case means nothing.</summary>
/// <param name="Text">In lower case, without a dot at its end.</param>
public readonly partial record struct DomainPattern(string Text)
{
    /// <summary>Takes what policy.networking.k8s.io takes: at least two labels, the star only as the whole first one.</summary>
    public static bool TryParse(string text, out DomainPattern pattern)
    {
        pattern = new(text.TrimEnd('.').ToLowerInvariant());
        return text.Length <= 255 && Syntax().IsMatch(text);
    }

    /// <param name="name">Of a host: in lower case, without a dot at its end.</param>
    public bool Matches(string name) => Text.StartsWith('*')
        ? name.Length >= Text.Length && name.EndsWith(Text[1..], StringComparison.Ordinal)
        : name == Text;

    public override string ToString() => Text;

    [GeneratedRegex(@"\A(\*\.)?([a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.)+[a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.?\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Syntax();
}
