using System.Text.Unicode;

namespace Demilune.Inspection.Events.Eve;

/// <summary>Bytes off the wire as text that JSON can carry: UTF-8 stays; of what is none, every byte that is not ASCII becomes <c>\xhh</c>, as Suricata writes it.</summary>
internal sealed class EveText
{
    /// <summary>Bytes of one field that are shown: whatever a message of MQTT or a name may be, as Suricata does, and no more than one segment of memory.</summary>
    private const int MaxShown = 64 << 10;

    private byte[] _text = new byte[256];

    /// <summary>Valid until the next call.</summary>
    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..Math.Min(bytes.Length, MaxShown)];
        if (_text.Length < bytes.Length * 4) _text = new byte[bytes.Length * 4];
        var written = 0;
        if (Utf8.IsValid(bytes))
        {
            bytes.CopyTo(_text);
            return _text.AsSpan(0, bytes.Length);
        }
        foreach (var b in bytes)
        {
            if (b < 0x80)
            {
                _text[written++] = b;
                continue;
            }
            "\\x"u8.CopyTo(_text.AsSpan(written));
            b.TryFormat(_text.AsSpan(written + 2), out _, "x2");
            written += 4;
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
