using System.Collections.Frozen;
using System.Globalization;
using Demilune.Kubernetes.Crds;

namespace Demilune.Orchestrator.Bootstrapping;

/// <summary>What may be set of an engine: how much it may use, never how strictly it judges. Anything else is refused by name.</summary>
/// <param name="Arguments">Those that tell the firewall's process of a setting.</param>
internal sealed record EngineSettings(string Engine, FrozenDictionary<string, SettingKind> Kinds, Func<string, string, IEnumerable<string>> Arguments)
{
    private static readonly EngineSettings s_demilune = new(FirewallSpec.Demilune, new Dictionary<string, SettingKind>(StringComparer.Ordinal)
    {
        ["cpu"] = SettingKind.Number(0, 1_023),
        ["realtime"] = SettingKind.Word("on", "off"),
        ["transactions"] = SettingKind.Word("on", "off"),
    }.ToFrozenDictionary(StringComparer.Ordinal), (path, value) => [$"--{path}", value]);

    // What keeps frames from passing unjudged (stream.inline, exception policies, midstream, bypass, depths), how frames, rules and events come and go, and
    // where files are is ours: it is not here, so it cannot be undone.
    private static readonly EngineSettings s_suricata = new(FirewallSpec.Suricata, Suricata().ToFrozenDictionary(StringComparer.Ordinal), (path, value) => ["--set", $"{path}={value}"]);

    public static EngineSettings Of(string? engine) => engine == FirewallSpec.Suricata ? s_suricata : s_demilune;

    /// <returns>What is wrong with it; null: nothing.</returns>
    public string? Check(Setting setting) =>
        !Kinds.TryGetValue(setting.Path, out var kind) ? $"{setting.Path} is not among what may be set of the engine {Engine}"
        : kind.Accepts(setting.Value) ? null : $"{setting.Path} is \"{setting.Value}\", and must be {kind.Description}";

    private static Dictionary<string, SettingKind> Suricata()
    {
        var memory = SettingKind.Size(1 << 20, 1L << 40);
        var count = SettingKind.Number(1, 100_000_000);
        var seconds = SettingKind.Number(1, 86_400);
        var kinds = new Dictionary<string, SettingKind>(StringComparer.Ordinal)
        {
            ["max-pending-packets"] = SettingKind.Number(1, 65_534),
            ["mpm-algo"] = SettingKind.Word("auto", "ac", "ac-bs", "ac-ks", "hs"),
            ["spm-algo"] = SettingKind.Word("auto", "bm", "hs"),
            ["detect.profile"] = SettingKind.Word("low", "medium", "high"),
            ["detect.sgh-mpm-context"] = SettingKind.Word("auto", "single", "full"),
            ["pcre.match-limit"] = count,
            ["pcre.match-limit-recursion"] = count,
            ["flow.emergency-recovery"] = SettingKind.Number(1, 99),
            ["flow.managers"] = SettingKind.Number(1, 64),
            ["flow.recyclers"] = SettingKind.Number(1, 64),
            ["stream.prealloc-sessions"] = count,
            ["stream.max-synack-queued"] = SettingKind.Number(1, 255),
            ["stream.reassembly.segment-prealloc"] = count,
            ["defrag.trackers"] = count,
            ["defrag.max-frags"] = count,
            ["defrag.timeout"] = seconds,
        };
        foreach (var path in (string[])["flow.memcap", "stream.memcap", "stream.reassembly.memcap", "defrag.memcap", "host.memcap", "ippair.memcap", "app-layer.protocols.http.memcap"]) kinds[path] = memory;
        foreach (var table in (string[])["flow", "host", "ippair"]) kinds[$"{table}.hash-size"] = kinds[$"{table}.prealloc"] = count;
        // As much as is inspected without this, or more.
        foreach (var direction in (string[])["request", "response"])
        {
            kinds[$"app-layer.protocols.http.libhtp.default-config.{direction}-body-limit"] = SettingKind.Size(1 << 20, 1 << 30);
            kinds[$"app-layer.protocols.http.libhtp.default-config.{direction}-body-inspect-window"] = SettingKind.Size(64 << 10, 1 << 30);
        }
        foreach (var protocol in (string[])["default", "tcp", "udp", "icmp"])
            foreach (var state in (string[])["new", "established", "closed", "emergency-new", "emergency-established", "emergency-closed"])
                kinds[$"flow-timeouts.{protocol}.{state}"] = seconds;
        return kinds;
    }
}

/// <summary>What a setting's value has to look like.</summary>
internal sealed record SettingKind(string Description, Func<string, bool> Accepts)
{
    public static SettingKind Number(long least, long most) => new(
        string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}"), value => Digits(value) is { } number && number >= least && number <= most);

    /// <summary>Bytes, with kb, mb or gb behind the number or without.</summary>
    public static SettingKind Size(long least, long most) => new(
        string.Create(CultureInfo.InvariantCulture, $"a size such as 64mb, {least} bytes at least"), value => Bytes(value) is { } size && size >= least && size <= most);

    public static SettingKind Word(params string[] words) => new($"one of {string.Join(", ", words)}", words.Contains);

    private static long? Digits(ReadOnlySpan<char> text) => text.Length is > 0 and <= 12 && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static long? Bytes(string value)
    {
        foreach (var (unit, shift) in ((string, int)[])[("kb", 10), ("mb", 20), ("gb", 30)])
            if (value.EndsWith(unit, StringComparison.OrdinalIgnoreCase)) return Digits(value.AsSpan(0, value.Length - 2)) is { } number and < 1L << 20 ? number << shift : null;
        return Digits(value);
    }
}
