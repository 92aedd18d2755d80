using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Demilune.Sdn.Api;

namespace Demilune.Sdn.Resources;

/// <summary>Names of hosts, as attributes that say who is meant: "NAME", or "*.NAME" for any name under it; kept in lower case.</summary>
internal static partial class DomainNames
{
    public static readonly Check Check = (ref value) =>
    {
        if (value is null) return null;
        if (Checks.TextOf(value) is not { Length: <= 255 } text || !Syntax().IsMatch(text)) return $"{Checks.Quote(value)} is not a valid domain name";
        value = JsonValue.Create(text.TrimEnd('.').ToLowerInvariant());
        return null;
    };

    [GeneratedRegex(@"\A(\*\.)?([a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.)+[a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.?\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Syntax();
}
