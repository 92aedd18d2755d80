using Demilune.Inspection;

namespace Demilune.Cli.Inspect;

/// <summary>What a configuration says of TLS: <c>app-layer.protocols.tls</c> and the <c>tls</c> record of an EVE output.</summary>
internal static class TlsSettings
{
    private static readonly Dictionary<string, TlsFields> s_fields = new(StringComparer.Ordinal)
    {
        ["subject"] = TlsFields.Subject, ["issuer"] = TlsFields.Issuer, ["session_resumed"] = TlsFields.SessionResumed, ["serial"] = TlsFields.Serial,
        ["fingerprint"] = TlsFields.Fingerprint, ["sni"] = TlsFields.ServerName, ["version"] = TlsFields.Version, ["not_before"] = TlsFields.NotBefore,
        ["not_after"] = TlsFields.NotAfter, ["certificate"] = TlsFields.Certificate, ["chain"] = TlsFields.Chain, ["ja3"] = TlsFields.Ja3,
        ["ja3s"] = TlsFields.Ja3s, ["ja4"] = TlsFields.Ja4, ["client"] = TlsFields.Client, ["client_certificate"] = TlsFields.ClientCertificate,
        ["client_chain"] = TlsFields.ClientChain, ["subjectaltname"] = TlsFields.AlternativeNames,
    };

    /// <param name="settings">As read.</param>
    /// <param name="output">Path of the EVE output; null if there is none.</param>
    public static TlsOptions Of(Settings settings, string? output)
    {
        var options = new TlsOptions
        {
            Ja3 = settings.Flag("app-layer.protocols.tls.ja3-fingerprints") is { } flag && settings.Text("app-layer.protocols.tls.ja3-fingerprints") != "auto" ? flag : null,
            Encryption = Encryption(settings, "tls", "track-only"),
        };
        var record = Record(settings, output, "tls");
        if (record is null) return options;
        var fields = settings.Flag($"{record}.extended") == true ? TlsFields.Extended : TlsFields.Basic;
        var custom = settings.Items($"{record}.custom").Select(item => item.Name).ToArray();
        if (custom.Length > 0) fields = custom.Aggregate(TlsFields.None, static (all, name) => all | s_fields.GetValueOrDefault(name));
        if (settings.Flag($"{record}.ja4") == true) fields |= TlsFields.Ja4;
        return options with { Fields = fields, LogResumed = settings.Flag($"{record}.session-resumption") ?? true };
    }

    /// <summary>Path of what is said of a kind of record; null if nothing is.</summary>
    public static string? Record(Settings settings, string? output, string type) =>
        output is null ? null : settings.Items($"{output}.types").Where(item => item.Name == type).Select(item => item.Path).FirstOrDefault();

    /// <summary>What becomes of encrypted flows: bypassed only where <c>stream.bypass</c> allows it.</summary>
    /// <param name="settings">As read.</param>
    /// <param name="protocol">Below <c>app-layer.protocols</c>.</param>
    /// <param name="unsaid">Where nothing is said.</param>
    public static EncryptionHandling Encryption(Settings settings, string protocol, string unsaid) =>
        (settings.Text($"app-layer.protocols.{protocol}.encryption-handling") ?? unsaid) switch
        {
            "bypass" when settings.Flag("stream.bypass") == true => EncryptionHandling.Bypass,
            "full" => EncryptionHandling.Inspect,
            _ => EncryptionHandling.Track,
        };
}
