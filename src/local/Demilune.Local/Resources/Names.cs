using System.Text.RegularExpressions;

namespace Demilune.Local.Resources;

/// <summary>Syntax of names, labels and ports. Each method returns what is wrong, null if nothing is.</summary>
internal static partial class Names
{
    private const string SubdomainRule =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character " +
        "(e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

    private const string LabelRule =
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character " +
        "(e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

    private const string Rfc1035Rule =
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character " +
        "(e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

    public static string? InvalidSubdomain(string name) =>
        name.Length > 253 ? "must be no more than 253 characters" : Subdomain().IsMatch(name) ? null : SubdomainRule;

    public static string? InvalidLabelName(string name) =>
        name.Length > 63 ? "must be no more than 63 characters" : Rfc1123Label().IsMatch(name) ? null : LabelRule;

    public static string? InvalidRfc1035Label(string name) =>
        name.Length > 63 ? "must be no more than 63 characters" : Rfc1035Label().IsMatch(name) ? null : Rfc1035Rule;

    /// <summary>Names that only have to survive a URL path, as RBAC objects have.</summary>
    public static string? InvalidPathSegment(string name) =>
        name is "." or ".." ? $"may not be '{name}'" : name.Contains('/') ? "may not contain '/'" : name.Contains('%') ? "may not contain '%'" : name.Length > 253 ? "must be no more than 253 characters" : null;

    public static string? InvalidLabelKey(string key)
    {
        var (prefix, name) = key.Split('/') switch { [var only] => (null, only), [var p, var n] => (p, n), _ => (null, "") };
        if (prefix is not null && (prefix.Length is 0 || InvalidSubdomain(prefix) is not null))
            return $"prefix part {(prefix.Length is 0 ? "must be non-empty" : SubdomainRule)}";
        if (name.Length is 0) return "name part must be non-empty";
        if (name.Length > 63) return "name part must be no more than 63 characters";
        return Qualified().IsMatch(name) ? null :
            "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
            "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
    }

    public static string? InvalidLabelValue(string value)
    {
        if (value.Length > 63) return "must be no more than 63 characters";
        return value.Length is 0 || Qualified().IsMatch(value) ? null :
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
            "(e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
    }

    /// <summary>A named port: an IANA service name (RFC 6335 §5.1).</summary>
    public static string? InvalidPortName(string name) =>
        name.Length > 15 ? "must be no more than 15 characters"
        : !PortName().IsMatch(name) ? "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
        : !name.Any(char.IsAsciiLetter) ? "must contain at least one letter (a-z)"
        : name.Contains("--", StringComparison.Ordinal) ? "must not contain consecutive hyphens"
        : name[0] is '-' || name[^1] is '-' ? "must not begin or end with a hyphen" : null;

    public static string? InvalidPortNumber(long port) => port is >= 1 and <= 65535 ? null : "must be between 1 and 65535, inclusive";

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z", RegexOptions.NonBacktracking)]
    private static partial Regex Subdomain();

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?\z", RegexOptions.NonBacktracking)]
    private static partial Regex Rfc1123Label();

    [GeneratedRegex(@"^[a-z]([-a-z0-9]*[a-z0-9])?\z", RegexOptions.NonBacktracking)]
    private static partial Regex Rfc1035Label();

    [GeneratedRegex(@"^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\z", RegexOptions.NonBacktracking)]
    private static partial Regex Qualified();

    [GeneratedRegex(@"^[-a-z0-9]+\z", RegexOptions.NonBacktracking)]
    private static partial Regex PortName();
}
