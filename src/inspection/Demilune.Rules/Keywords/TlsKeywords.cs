using System.Globalization;
using System.Text;
using Demilune.Rules.Buffers;
using Demilune.Rules.Matching;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary>Keywords about TLS that are no sticky buffers.</summary>
internal static class TlsKeywords
{
    private const int Ssl2 = 0x0002, Ssl3 = 0x0300, Tls10 = 0x0301, Tls11 = 0x0302, Tls12 = 0x0303, Tls13 = 0x0304;

    private static readonly string[] s_states = ["unknown", "client_hello", "server_hello", "client_keyx", "server_keyx"];

    private static readonly string[] s_dates =
    [
        "yyyy", "yyyy-MM", "yyyy-MM-dd", "yyyy-MM-dd HH", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd'T'HH", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss",
    ];

    /// <summary><c>tls.version:1.2</c></summary>
    public static SyntaxFault? Version(SignatureBuilder signature, OptionSyntax option)
    {
        var text = (option.Value ?? "").Trim(' ', '"');
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            && ushort.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number))
            return ProtocolNumber.Add(signature, option, BufferId.TlsVersion, new(number, number));
        return text is "1.0" or "1.1" or "1.2" or "1.3"
            ? Add(signature, option, BufferId.TlsVersion, VersionOf("tls" + text)!, isNegated: false)
            : option.Fault("tls.version is 1.0, 1.1, 1.2, 1.3 or a number such as 0x7f12.");
    }

    /// <summary><c>ssl_version:tls1.2,tls1.3</c></summary>
    public static SyntaxFault? SslVersion(SignatureBuilder signature, OptionSyntax option) =>
        List(signature, option, BufferId.TlsVersion, VersionOf, "sslv2, sslv3, tls1.0, tls1.1, tls1.2 and tls1.3");

    /// <summary><c>ssl_state:client_hello|server_hello</c></summary>
    public static SyntaxFault? State(SignatureBuilder signature, OptionSyntax option) =>
        List(signature, option, BufferId.SslState, static name => Array.IndexOf(s_states, name) is >= 0 and var state ? [new(state, state)] : null, string.Join(", ", s_states));

    /// <summary><c>tls_cert_notbefore:DATE</c>, also &lt;, &gt; and a&lt;&gt;b.</summary>
    public static SyntaxFault? NotBefore(SignatureBuilder signature, OptionSyntax option) => Date(signature, option, BufferId.TlsCertNotBefore);
    public static SyntaxFault? NotAfter(SignatureBuilder signature, OptionSyntax option) => Date(signature, option, BufferId.TlsCertNotAfter);

    public static SyntaxFault? Expired(SignatureBuilder signature, OptionSyntax option) =>
        Outcome.Bare(option) ?? ProtocolNumber.Add(signature, option, BufferId.TlsCertValidity, new(1, 1));

    public static SyntaxFault? Valid(SignatureBuilder signature, OptionSyntax option) =>
        Outcome.Bare(option) ?? ProtocolNumber.Add(signature, option, BufferId.TlsCertValidity, new(0, 0));

    /// <summary><c>tls.store</c></summary>
    public static SyntaxFault? Store(SignatureBuilder signature, OptionSyntax option)
    {
        if (!signature.Options.StoresFiles)
            return option.NameFault($"'{option.Name}' is not supported here: this engine keeps no certificates. The rule is not loaded, since without this condition it would mean something else.");
        signature.StoresCertificates = true;
        return Outcome.Bare(option);
    }

    /// <summary><c>tls.subject:[!]"text"</c> and its kind, from before buffers were sticky.</summary>
    public static KeywordParser Text(BufferId buffer, bool isWhole = false) => (signature, option) =>
    {
        if (Quoted.TryBytes(option with { Value = Quote(option.Value) }, out var bytes, out var isNegated) is { } fault) return fault;
        if (bytes.Length == 0) return option.Fault($"An empty '{option.Name}' would match every certificate.");
        if (!signature.Options.Provides(buffer)) return option.NameFault($"'{option.Name}' is not supported: this engine does not extract it.");
        signature.AddTo(buffer, new ContentDraft(option.NamePosition, bytes, isNegated) { Depth = isWhole ? new(bytes.Length) : null, EndsWith = isWhole });
        return null;
    };

    private static string Quote(string? value)
    {
        var text = (value ?? "").Trim();
        var sign = text.StartsWith('!') ? "!" : "";
        text = text[sign.Length..].Trim();
        return text.StartsWith('"') ? sign + text : $"{sign}\"{text}\"";
    }

    private static NumberRange[]? VersionOf(string name) => name switch
    {
        "sslv2" => [new(Ssl2, Ssl2)],
        "sslv3" => [new(Ssl3, Ssl3)],
        "tls1.0" => [new(Tls10, Tls10)],
        "tls1.1" => [new(Tls11, Tls11)],
        "tls1.2" => [new(Tls12, Tls12)],
        // With its drafts.
        "tls1.3" => [new(Tls13, Tls13), new(0x7f00, 0x7fff), new(0xfb00, 0xfbff)],
        _ => null,
    };

    /// <summary>Names with commas or bars between; a ! before one turns it round.</summary>
    private static SyntaxFault? List(SignatureBuilder signature, OptionSyntax option, BufferId buffer, Func<string, NumberRange[]?> meaning, string known)
    {
        List<NumberRange> wanted = [], unwanted = [];
        foreach (var word in (option.Value ?? "").Trim(' ', '"').Split([',', '|'], StringSplitOptions.TrimEntries))
        {
            var isNegated = word.StartsWith('!');
            if (meaning(word.TrimStart('!').Trim().ToLowerInvariant()) is not { } ranges) return option.Fault($"'{option.Name}' knows {known}, not '{word}'.");
            (isNegated ? unwanted : wanted).AddRange(ranges);
        }
        if (wanted.Count > 0 && unwanted.Count > 0) return option.Fault($"'{option.Name}' says what is wanted or what is not, not both.");
        return Add(signature, option, buffer, [.. wanted, .. unwanted], isNegated: unwanted.Count > 0);
    }

    private static SyntaxFault? Add(SignatureBuilder signature, OptionSyntax option, BufferId buffer, NumberRange[] ranges, bool isNegated)
    {
        if (!signature.Options.Provides(buffer)) return option.NameFault($"'{option.Name}' is not supported: this engine does not read it. The rule is not loaded.");
        signature.AddTo(buffer, new FixedDraft(option.NamePosition, new NumberSetStep(ranges, isNegated)));
        return null;
    }

    private static SyntaxFault? Date(SignatureBuilder signature, OptionSyntax option, BufferId buffer)
    {
        var text = (option.Value ?? "").Trim(' ', '"');
        NumberRange? range = null;
        if (text.Split("<>", StringSplitOptions.TrimEntries) is [var low, var high] && TryDate(low, out var first) && TryDate(high, out var last) && first < last) range = new(first, last);
        else if (text.StartsWith('<') && TryDate(text[1..].Trim(), out var end)) range = new(long.MinValue, end - 1);
        else if (text.StartsWith('>') && TryDate(text[1..].Trim(), out var start)) range = new(start + 1, long.MaxValue);
        else if (TryDate(text, out var date)) range = new(date, date);
        return range is { } found
            ? ProtocolNumber.Add(signature, option, buffer, found)
            : option.Fault($"'{option.Name}' takes a date such as 2026-01-31 or 2026-01-31 12:00:00, after < or > if wanted, or two with <> between.");
    }

    private static bool TryDate(string text, out long seconds)
    {
        var isDate = DateTime.TryParseExact(text, s_dates, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var date);
        seconds = (long)(date - DateTime.UnixEpoch).TotalSeconds;
        return isDate;
    }
}
