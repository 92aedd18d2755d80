using System.Globalization;

namespace Demilune.Inspection.Sessions.Http2;

/// <summary>Numbers of HTTP/2 as EVE writes them.</summary>
internal static class Http2Names
{
    /// <summary>RFC 9113 §6.5.2.</summary>
    private static readonly string[] s_settings = ["", "HEADERTABLESIZE", "ENABLEPUSH", "MAXCONCURRENTSTREAMS", "INITIALWINDOWSIZE", "MAXFRAMESIZE", "MAXHEADERLISTSIZE"];

    /// <summary>RFC 9113 §7.</summary>
    private static readonly string[] s_errors =
    [
        "NoError", "ProtocolError", "InternalError", "FlowControlError", "SettingsTimeout", "StreamClosed", "FrameSizeError", "RefusedStream", "Cancel", "CompressionError",
        "ConnectError", "EnhanceYourCalm", "InadequateSecurity", "Http11Required",
    ];

    public static string Setting(int id) => id > 0 && id < s_settings.Length ? "SETTINGS" + s_settings[id] : $"UNKNOWN ({id.ToString(CultureInfo.InvariantCulture)})";

    /// <summary>Of GOAWAY, which Suricata writes in capitals.</summary>
    public static string Error(uint code) => Reset(code).ToUpperInvariant();

    /// <summary>Of RST_STREAM.</summary>
    public static string Reset(uint code) => code < s_errors.Length ? s_errors[code] : code.ToString(CultureInfo.InvariantCulture);
}
