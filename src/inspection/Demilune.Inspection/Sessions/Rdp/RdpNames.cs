namespace Demilune.Inspection.Sessions.Rdp;

/// <summary>Names of systems by their builds, and of keyboard layouts by their language identifiers.</summary>
internal static class RdpNames
{
    private static readonly Dictionary<uint, string> s_builds = new()
    {
        [528] = "Windows NT 3.1", [807] = "Windows NT 3.5", [1057] = "Windows NT 3.51", [1381] = "Windows NT 4.0", [2195] = "Windows 2000", [2600] = "Windows XP",
        [3790] = "Windows Server 2003", [6000] = "Windows Vista", [6001] = "Windows Vista SP1", [6002] = "Windows Vista SP2", [7600] = "Windows 7",
        [7601] = "Windows 7 SP1", [9200] = "Windows 8", [9600] = "Windows 8.1", [10240] = "Windows 10 TH1", [10586] = "Windows 10 TH2",
        [14393] = "Windows 10 RS1", [15063] = "Windows 10 RS2", [16299] = "Windows 10 RS3", [17134] = "Windows 10 RS4", [17763] = "Windows 10 RS5",
        [18362] = "Windows 10 19H1", [18363] = "Windows 10 19H2",
    };

    /// <summary>The common ones of [MS-LCID].</summary>
    private static readonly Dictionary<uint, string> s_layouts = new()
    {
        [0x401] = "ar-SA", [0x402] = "bg-BG", [0x404] = "zh-TW", [0x405] = "cs-CZ", [0x406] = "da-DK", [0x407] = "de-DE", [0x408] = "el-GR", [0x409] = "en-US",
        [0x40a] = "es-ES_tradnl", [0x40b] = "fi-FI", [0x40c] = "fr-FR", [0x40d] = "he-IL", [0x40e] = "hu-HU", [0x40f] = "is-IS", [0x410] = "it-IT", [0x411] = "ja-JP",
        [0x412] = "ko-KR", [0x413] = "nl-NL", [0x414] = "nb-NO", [0x415] = "pl-PL", [0x416] = "pt-BR", [0x418] = "ro-RO", [0x419] = "ru-RU", [0x41a] = "hr-HR",
        [0x41b] = "sk-SK", [0x41d] = "sv-SE", [0x41e] = "th-TH", [0x41f] = "tr-TR", [0x421] = "id-ID", [0x422] = "uk-UA", [0x424] = "sl-SI", [0x425] = "et-EE",
        [0x426] = "lv-LV", [0x427] = "lt-LT", [0x429] = "fa-IR", [0x42a] = "vi-VN", [0x439] = "hi-IN", [0x804] = "zh-CN", [0x807] = "de-CH", [0x809] = "en-GB",
        [0x80a] = "es-MX", [0x80c] = "fr-BE", [0x813] = "nl-BE", [0x816] = "pt-PT", [0xc04] = "zh-HK", [0xc07] = "de-AT", [0xc09] = "en-AU", [0xc0a] = "es-ES",
        [0xc0c] = "fr-CA", [0x1009] = "en-CA", [0x100c] = "fr-CH", [0x1409] = "en-NZ", [0x1809] = "en-IE", [0x4009] = "en-IN",
    };

    public static string OfBuild(uint build) => s_builds.GetValueOrDefault(build, "unknown");

    public static string OfLayout(uint layout) => s_layouts.GetValueOrDefault(layout, "unknown");
}
