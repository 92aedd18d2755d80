using System.Globalization;
using Demilune.Wire.Dns;

namespace Demilune.Inspection.Sessions.Dns;

/// <summary>Numbers of DNS as EVE writes them.</summary>
internal static class DnsNames
{
    private static readonly Dictionary<DnsType, string> s_types = Enum.GetValues<DnsType>().ToDictionary(type => type, type => type.ToString());

    /// <summary>RFC 6895 §2.3.</summary>
    private static readonly string[] s_codes =
        ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE"];

    public static string Of(DnsType type) => s_types.GetValueOrDefault(type) ?? ((int)type).ToString(CultureInfo.InvariantCulture);

    public static string Of(int responseCode) => responseCode < s_codes.Length ? s_codes[responseCode] : responseCode.ToString(CultureInfo.InvariantCulture);
}
