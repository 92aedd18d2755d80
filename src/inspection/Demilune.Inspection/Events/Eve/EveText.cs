using System.Buffers;
using System.Text;

namespace Demilune.Inspection.Events.Eve;

/// <summary>Bytes off the wire as text that JSON can carry: UTF-8 stays, any other byte becomes <c>\xHH</c>, as Suricata writes it.</summary>
internal sealed class EveText
{
    /// <summary>Bytes of one field that are shown; a URI of 64 KB tells nothing more than its first 4.</summary>
    private const int MaxShown = 4096;

    private byte[] _text = new byte[256];

    /// <summary>Valid until the next call.</summary>
    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..Math.Min(bytes.Length, MaxShown)];
        if (_text.Length < bytes.Length * 4) _text = new byte[bytes.Length * 4];
        var written = 0;
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out _, out var count) == OperationStatus.Done)
            {
                bytes[..count].CopyTo(_text.AsSpan(written));
                written += count;
                bytes = bytes[count..];
                continue;
            }
            "\\x"u8.CopyTo(_text.AsSpan(written));
            bytes[0].TryFormat(_text.AsSpan(written + 2), out _, "X2");
            written += 4;
            bytes = bytes[1..];
        }
        return _text.AsSpan(0, written);
    }

    /// <summary>As Suricata's <c>*_printable</c> fields: what is not printable ASCII is a dot.</summary>
    public ReadOnlySpan<byte> Printable(ReadOnlySpan<byte> bytes)
    {
        if (_text.Length < bytes.Length) _text = new byte[bytes.Length];
        for (var i = 0; i < bytes.Length; i++) _text[i] = bytes[i] is >= 0x20 and < 0x7f ? bytes[i] : (byte)'.';
        return _text.AsSpan(0, bytes.Length);
    }

    /// <summary>As Suricata's <c>payload_printable</c>: ASCII with its line ends, and a dot for anything else.</summary>
    public ReadOnlySpan<byte> PayloadOf(ReadOnlySpan<byte> bytes)
    {
        if (_text.Length < bytes.Length) _text = new byte[bytes.Length];
        for (var i = 0; i < bytes.Length; i++) _text[i] = bytes[i] is (>= 0x20 and < 0x7f) or (byte)'\r' or (byte)'\n' ? bytes[i] : (byte)'.';
        return _text.AsSpan(0, bytes.Length);
    }
}
