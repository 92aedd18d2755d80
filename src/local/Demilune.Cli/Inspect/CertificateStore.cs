using System.Globalization;
using System.Text;
using Demilune.Inspection.Events;
using Demilune.Wire.Ip;

namespace Demilune.Cli.Inspect;

/// <summary>Keeps certificates that a rule with <c>tls.store</c> wants kept, as Suricata's <c>tls-store</c>: a chain in a file, and beside it where it was seen.</summary>
/// <param name="directory">Where.</param>
/// <param name="log">Hears of files that could not be written. The inspection goes on.</param>
/// <param name="next">Gets every event.</param>
internal sealed class CertificateStore(string directory, EngineLog log, IEventSink next) : EventRelay(next)
{
    /// <summary>A line of a certificate in text (RFC 7468 §2).</summary>
    private const int LineLength = 64;

    /// <summary>Flows whose certificates are wanted and have not come yet.</summary>
    private readonly HashSet<ulong> _wanted = [];
    private int _stored;

    public override void Alert(in AlertEvent alert)
    {
        if (alert.Signature.StoresCertificates && !TryStore(in alert.Context, alert.Record)) _wanted.Add(alert.Context.Id);
        base.Alert(alert);
    }

    public override void Record(in RecordEvent record)
    {
        if (_wanted.Count > 0 && _wanted.Contains(record.Context.Id) && TryStore(in record.Context, record.Fields)) _wanted.Remove(record.Context.Id);
        base.Record(record);
    }

    public override void Flow(in FlowEvent flow)
    {
        _wanted.Remove(flow.Context.Id);
        base.Flow(flow);
    }

    private bool TryStore(in FlowContext context, IRecordFields? fields)
    {
        if (fields is not ICertificateFields { Certificates.Count: > 0 } shown) return false;
        var seconds = Math.DivRem(context.Time / 1000, 1_000_000, out var microseconds);
        var path = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"{seconds}.{microseconds}-{++_stored}"));
        try
        {
            Directory.CreateDirectory(directory);
            System.IO.File.WriteAllText($"{path}.pem", TextOf(shown.Certificates));
            System.IO.File.WriteAllText($"{path}.meta", Describe(in context, shown));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            log.Warning("tls-store", $"{path}.pem: {failure.Message}");
        }
        return true;
    }

    private static string TextOf(IEnumerable<byte[]> chain)
    {
        var text = new StringBuilder();
        foreach (var certificate in chain)
        {
            text.Append("-----BEGIN CERTIFICATE-----\n");
            foreach (var line in Convert.ToBase64String(certificate).Chunk(LineLength)) text.Append(line).Append('\n');
            text.Append("-----END CERTIFICATE-----\n");
        }
        return text.ToString();
    }

    /// <summary>Without zeros left out.</summary>
    private static string Whole(IpAddress address)
    {
        Span<byte> text = stackalloc byte[64];
        return address.TryFormatWhole(text, out var length) ? Encoding.ASCII.GetString(text[..length]) : address.ToString();
    }

    private static string Describe(in FlowContext context, ICertificateFields shown)
    {
        var text = new StringBuilder();
        Add("TIME", DateTime.UnixEpoch.AddTicks(context.Time / 100).ToString("MM/dd/yyyy-HH:mm:ss.ffffff", CultureInfo.InvariantCulture));
        if (context.Frame > 0) Add("PCAP PKT NUM", context.Frame.ToString(CultureInfo.InvariantCulture));
        Add("SRC IP", Whole(context.Source));
        Add("DST IP", Whole(context.Destination));
        Add("PROTO", context.Protocol.ToString(CultureInfo.InvariantCulture));
        Add("SRC PORT", context.SourcePort.ToString(CultureInfo.InvariantCulture));
        Add("DST PORT", context.DestinationPort.ToString(CultureInfo.InvariantCulture));
        Add("TLS SUBJECT", shown.Subject);
        Add("TLS ISSUERDN", shown.Issuer);
        Add("TLS FINGERPRINT", shown.Fingerprint);
        return text.ToString();

        void Add(string name, string value) => text.Append(CultureInfo.InvariantCulture, $"{name + ":",-19}{value}\n");
    }
}
