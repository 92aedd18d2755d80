using System.Buffers.Text;
using System.Text;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Sessions.Dns;
using Demilune.Rules.Headers;
using Demilune.Wire.Dns;

namespace Demilune.Inspection.Sessions.Http;

/// <summary>DNS over HTTPS (RFC 8484), where the HTTP can be read: rules and allow-lists for DNS see what is asked and answered.</summary>
internal sealed class DnsOverHttp(InspectorOptions options, Detector detector)
{
    private DnsTransaction? _transaction;
    private byte[] _bytes = [];
    private int _length;

    /// <summary>The body at hand is a message.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>A head has come: whether what follows it is a message.</summary>
    public void Begin(ReadOnlySpan<byte> contentType)
    {
        var end = contentType.IndexOf((byte)';');
        IsOpen = Ascii.EqualsIgnoreCase((end < 0 ? contentType : contentType[..end]).Trim(" \t"u8), "application/dns-message"u8);
        _length = 0;
    }

    /// <summary>Some of the body. What is longer than any message is none.</summary>
    public void Take(ReadOnlySpan<byte> bytes)
    {
        if (_length + bytes.Length > DnsMessage.MaxLength) IsOpen = false;
        if (!IsOpen) return;
        if (_bytes.Length < _length + bytes.Length) Array.Resize(ref _bytes, Math.Max(512, Math.Max(_length + bytes.Length, _bytes.Length * 2)));
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>The body has ended.</summary>
    public void End(Side from, int number)
    {
        if (!IsOpen) return;
        IsOpen = false;
        Judge(from, number);
    }

    public void Clear()
    {
        IsOpen = false;
        _transaction?.Clear();
    }

    /// <summary>Looks for a query in a target (§4.1: <c>?dns=</c> and base64url). Anybody may have a parameter of that name: one that is no query is passed over.</summary>
    /// <param name="uri">Percent signs undone.</param>
    /// <param name="number">Of the transaction.</param>
    public void Look(ReadOnlySpan<byte> uri, int number)
    {
        var start = uri.IndexOf((byte)'?');
        if (start < 0 || uri[start..].IndexOf("dns="u8) < 0) return;
        uri = uri[(start + 1)..];
        foreach (var range in uri.Split((byte)'&'))
        {
            var parameter = uri[range];
            if (!parameter.StartsWith("dns="u8)) continue;
            var text = parameter["dns="u8.Length..];
            if (!Base64Url.IsValid(text, out var length) || length is < DnsMessage.HeaderLength or > DnsMessage.MaxLength) continue;
            if (_bytes.Length < length) _bytes = new byte[length];
            Base64Url.DecodeFromUtf8(text, _bytes, out _, out _length);
            // A query has a question and no answer.
            if ((_bytes[2] & 0x80) == 0 && (_bytes[4] | _bytes[5]) != 0) Judge(Side.Client, number);
        }
    }

    private void Judge(Side from, int number)
    {
        if (_length < DnsMessage.HeaderLength) return;
        detector.Scope.Carry(AppProtocol.DoH2);
        _transaction ??= new(options, detector);
        _transaction.Take(from, _bytes.AsSpan(0, _length), number, isAlone: false);
        _transaction.Tell();
        detector.Scope.Carry(null);
    }
}
