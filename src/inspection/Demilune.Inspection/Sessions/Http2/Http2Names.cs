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
        "NOERROR", "PROTOCOLERROR", "INTERNALERROR", "FLOWCONTROLERROR", "SETTINGSTIMEOUT", "STREAMCLOSED", "FRAMESIZEERROR", "REFUSEDSTREAM", "CANCEL", "COMPRESSIONERROR",
        "CONNECTERROR", "ENHANCEYOURCALM", "INADEQUATESECURITY", "HTTP11REQUIRED",
    ];

    public static string Setting(int id) => id > 0 && id < s_settings.Length ? "SETTINGS" + s_settings[id] : $"UNKNOWN ({id.ToString(CultureInfo.InvariantCulture)})";

    public static string Error(uint code) => code < s_errors.Length ? s_errors[code] : code.ToString(CultureInfo.InvariantCulture);
}
