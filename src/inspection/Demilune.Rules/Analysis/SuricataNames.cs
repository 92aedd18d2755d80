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
        BufferId.DceInterface or BufferId.DceOperation => "dce_generic",
        BufferId.SshSoftware => "ssh_software",
        BufferId.KrbTicketEncryption => "krb5_ticket_encryption",
        BufferId.FileSize or BufferId.FileMd5 or BufferId.FileSha1 or BufferId.FileSha256 => "files",
        BufferId.Dnp3Data => "dnp3_data",
        BufferId.Dnp3Function or BufferId.Dnp3Object or BufferId.Dnp3Indications => "dnp3",
        BufferId.EnipCommand => "enip",
        BufferId.CipService => "cip",
        BufferId.FtpBounce => "ftp_request",
        BufferId.SmbNamedPipe => "smb_named_pipe",
        BufferId.SmbShare => "smb_share",
        BufferId.DhcpRebindingTime => "dhcp.rebinding-time",
        BufferId.DhcpRenewalTime => "dhcp.renewal-time",
        >= BufferId.Http2FrameType and <= BufferId.Http2Settings => "http2",
        BufferId.TlsCertChainLength or BufferId.TlsCertNotBefore or BufferId.TlsCertNotAfter or BufferId.TlsCertValidity => "tls_validity",
        _ => Ordinary(BufferCatalog.Get(buffer).Name),
    };

    /// <summary>The keyword by its newest name.</summary>
    public static string Of(string keyword) => keyword switch
    {
        "ack" or "seq" or "flags" => $"tcp.{keyword}",
        "stream-event" => "engine-event",
        "filestore" => "__filestore__postmatch__",
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
