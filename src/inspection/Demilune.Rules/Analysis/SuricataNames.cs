using System.Globalization;
using System.Text;
using Demilune.Rules.Buffers;

namespace Demilune.Rules.Analysis;

/// <summary>What Suricata calls things inside.</summary>
internal static class SuricataNames
{
    public static string Of(BufferId buffer) => buffer switch
    {
        BufferId.PacketPayload or BufferId.Stream => "payload",
        BufferId.HttpUriRaw => "http_raw_uri",
        BufferId.HttpHostRaw => "http_raw_host",
        BufferId.HttpHeaderRaw => "http_raw_header",
        BufferId.HttpRequestBody => "http_client_body",
        BufferId.HttpResponseBody or BufferId.FileData => "file_data",
        BufferId.DnsQuery => "dns_query",
        BufferId.DceStubData => "dce_stub_data",
        _ => Ordinary(BufferCatalog.Get(buffer).Name),
    };

    /// <summary>The keyword by its newest name.</summary>
    public static string Of(string keyword) => keyword switch
    {
        "ack" or "seq" or "flags" => $"tcp.{keyword}",
        "stream-event" => "engine-event",
        _ => keyword,
    };

    private static string Ordinary(string name) => name.StartsWith("http.", StringComparison.Ordinal) ? name.Replace('.', '_') : name;

    /// <summary>As a rule would write it: what is not visible is between bars.</summary>
    public static string Pattern(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        var isHex = false;
        foreach (var b in bytes)
        {
            var isPlain = b is > 0x20 and < 0x7f and not ((byte)'"' or (byte)';' or (byte)':' or (byte)'|' or (byte)'\\' or (byte)'/' or (byte)'`');
            if (isPlain == isHex) text.Append('|');
            else if (!isPlain) text.Append(' ');
            isHex = !isPlain;
            if (isPlain) text.Append((char)b);
            else text.Append(b.ToString("X2", CultureInfo.InvariantCulture));
        }
        return isHex ? text.Append('|').ToString() : text.ToString();
    }
}
