using System.Collections.Frozen;

namespace Demilune.Rules.Keywords;

/// <summary>Keywords of Suricata's language that are known but not evaluated: refused, for a condition ignored is a false alarm or worse.</summary>
internal static class Refused
{
    private static readonly FrozenDictionary<string, string> s_reasons = new Dictionary<string, string>
    {
        ["geoip"] = "there is no GeoIP database",
        ["lua"] = "rules cannot run scripts",
        ["luajit"] = "rules cannot run scripts",
        ["replace"] = "traffic is blocked or passed, never rewritten",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static string? Reason(string keyword) => s_reasons.TryGetValue(keyword, out var reason)
        ? $"'{keyword}' is not supported: {reason}. The rule is not loaded, since without this condition it would mean something else."
        : null;
}
