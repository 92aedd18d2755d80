using System.Globalization;
using Demilune.Wire.Ldap;

namespace Demilune.Inspection.Sessions.Ldap;

/// <summary>Numbers of LDAP as EVE writes them.</summary>
internal static class LdapNames
{
    /// <summary>RFC 4511 §4.1.9 and IANA's registry of result codes, by the names that rules use.</summary>
    private static readonly Dictionary<int, string> s_results = Rules.Keywords.LdapNumbers.Results.ToDictionary(pair => pair.Number, pair => pair.Name);

    private static readonly Dictionary<LdapOperation, string> s_operations = Rules.Keywords.LdapNumbers.Operations.ToDictionary(pair => (LdapOperation)pair.Number, pair => pair.Name);

    public static string Of(LdapOperation operation) => s_operations.GetValueOrDefault(operation) ?? "unknown";

    public static string OfResult(int code) => s_results.GetValueOrDefault(code) ?? code.ToString(CultureInfo.InvariantCulture);

    public static string OfChange(long operation) => operation switch { 0 => "add", 1 => "delete", 2 => "replace", _ => operation.ToString(CultureInfo.InvariantCulture) };
}
