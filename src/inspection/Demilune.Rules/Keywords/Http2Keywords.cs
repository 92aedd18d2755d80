using System.Globalization;
using Demilune.Rules.Buffers;
using Demilune.Rules.Matching;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary>Keywords about HTTP/2 frames.</summary>
internal static class Http2Keywords
{
    private static readonly string[] s_types = ["DATA", "HEADERS", "PRIORITY", "RSTSTREAM", "SETTINGS", "PUSHPROMISE", "PING", "GOAWAY", "WINDOWUPDATE", "CONTINUATION"];

    private static readonly string[] s_errors =
    [
        "NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED", "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR",
        "CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
    ];

    private static readonly string[] s_settings =
        ["", "SETTINGS_HEADER_TABLE_SIZE", "SETTINGS_ENABLE_PUSH", "SETTINGS_MAX_CONCURRENT_STREAMS", "SETTINGS_INITIAL_WINDOW_SIZE", "SETTINGS_MAX_FRAME_SIZE", "SETTINGS_MAX_HEADER_LIST_SIZE"];

    public static SyntaxFault? FrameType(SignatureBuilder signature, OptionSyntax option) => Named(signature, option, BufferId.Http2FrameType, s_types);

    public static SyntaxFault? ErrorCode(SignatureBuilder signature, OptionSyntax option) => Named(signature, option, BufferId.Http2ErrorCode, s_errors);

    /// <summary><c>http2.settings:NAME[n|&lt;n|&gt;n|a&lt;&gt;b]</c></summary>
    public static SyntaxFault? Settings(SignatureBuilder signature, OptionSyntax option)
    {
        var text = (option.Value ?? "").Replace(" ", "", StringComparison.Ordinal);
        var name = string.Concat(text.TakeWhile(c => char.IsAsciiLetter(c) || c == '_'));
        var id = name.Length == 0 ? -1 : Array.IndexOf(s_settings, name.ToUpperInvariant());
        if (id < 0) return option.Fault($"There is no setting '{name}'; for example SETTINGS_HEADER_TABLE_SIZE>4096.");
        NumberRange range = new(0, uint.MaxValue);
        if (text.Length > name.Length && !NumberRange.TryParse(text[name.Length..], endsBelong: false, out range)) return option.Fault($"'{text[name.Length..]}' is no condition on a number.");
        if (!signature.Options.Provides(BufferId.Http2Settings)) return option.NameFault("'http2.settings' is not supported: this engine does not read it. The rule is not loaded.");
        signature.AddTo(BufferId.Http2Settings, new FixedDraft(option.NamePosition, new SettingStep(id, range)));
        return null;
    }

    private static SyntaxFault? Named(SignatureBuilder signature, OptionSyntax option, BufferId buffer, string[] names)
    {
        var text = (option.Value ?? "").Trim();
        var number = Array.FindIndex(names, name => Plain(name).Equals(Plain(text), StringComparison.OrdinalIgnoreCase));
        if (number < 0 && !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number))
            return option.Fault($"'{option.Name}' is a number or one of {string.Join(", ", names)}.");
        return ProtocolNumber.Add(signature, option, buffer, new(number, number));

        static string Plain(string name) => name.Replace("_", "", StringComparison.Ordinal);
    }
}
