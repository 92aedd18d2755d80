namespace Demilune.Wire.Mime;

/// <summary>Undoes base64 and quoted-printable (RFC 2045 §6) piece by piece. Forgiving, as mail readers are.</summary>
internal sealed class TransferDecoder
{
    private const sbyte Skipped = -1, Padding = -2, Wrong = -3;

    private static readonly sbyte[] s_base64 = MakeTable();

    private TransferEncoding _encoding;
    private int _bits;
    private int _count;
    private readonly byte[] _escape = new byte[3];
    private int _escapeLength;

    public bool IsBase64 => _encoding == TransferEncoding.Base64;

    /// <summary>Something was not as the encoding allows.</summary>
    public bool IsInvalid { get; private set; }


    public void Begin(TransferEncoding encoding) => (_encoding, _bits, _count, _escapeLength, IsInvalid) = (encoding, 0, 0, 0, false);

    /// <summary>Bytes that so many may become, with what is held back.</summary>
    public static int MaxOutput(int length) => length + 4;

    public int Decode(ReadOnlySpan<byte> bytes, Span<byte> output) => _encoding switch
    {
        TransferEncoding.Base64 => DecodeBase64(bytes, output),
        TransferEncoding.QuotedPrintable => DecodeQuoted(bytes, output),
        _ => Copy(bytes, output),
    };

    /// <summary>What is left when nothing more comes.</summary>
    public int Finish(Span<byte> output)
    {
        if (_encoding == TransferEncoding.Base64) return FlushGroup(output);
        var length = Copy(_escape.AsSpan(0, _escapeLength), output);
        if (_encoding == TransferEncoding.QuotedPrintable && _escapeLength == 1) length = 0;      // a soft break at the very end
        _escapeLength = 0;
        return length;
    }

    private static int Copy(ReadOnlySpan<byte> bytes, Span<byte> output)
    {
        bytes.CopyTo(output);
        return bytes.Length;
    }

    private int DecodeBase64(ReadOnlySpan<byte> bytes, Span<byte> output)
    {
        var length = 0;
        foreach (var octet in bytes)
        {
            var value = s_base64[octet];
            if (value == Skipped) continue;
            if (value == Padding)
            {
                length += FlushGroup(output[length..]);
                continue;
            }
            if (value == Wrong)
            {
                IsInvalid = true;
                continue;
            }
            // Behind padding it begins anew: encoders that work in pieces make such text, and readers take it.
            _bits = _bits << 6 | (byte)value;
            if (++_count < 4) continue;
            output[length++] = (byte)(_bits >> 16);
            output[length++] = (byte)(_bits >> 8);
            output[length++] = (byte)_bits;
            (_bits, _count) = (0, 0);
        }
        return length;
    }

    private int FlushGroup(Span<byte> output)
    {
        var length = 0;
        if (_count == 1) IsInvalid = true;
        if (_count >= 2) output[length++] = (byte)(_bits >> (_count == 2 ? 4 : 10));
        if (_count == 3) output[length++] = (byte)(_bits >> 2);
        (_bits, _count) = (0, 0);
        return length;
    }

    private int DecodeQuoted(ReadOnlySpan<byte> bytes, Span<byte> output)
    {
        var length = 0;
        foreach (var octet in bytes)
        {
            if (_escapeLength == 0)
            {
                if (octet == '=') _escape[_escapeLength++] = octet;
                else output[length++] = octet;
                continue;
            }
            _escape[_escapeLength++] = octet;
            if (_escapeLength == 2)
            {
                if (octet == '\n') _escapeLength = 0;
                else if (octet is not ((byte)'\r' or (byte)' ' or (byte)'\t') && !char.IsAsciiHexDigit((char)octet)) GiveUp(output, ref length);
                continue;
            }
            if (octet == '\n' && _escape[1] is (byte)'\r' or (byte)' ' or (byte)'\t')
            {
                _escapeLength = 0;
            }
            else if (char.IsAsciiHexDigit((char)octet) && char.IsAsciiHexDigit((char)_escape[1]))
            {
                output[length++] = (byte)(char.IsAsciiDigit((char)_escape[1]) ? _escape[1] - '0' << 4 : (_escape[1] & 0xdf) - 'A' + 10 << 4);
                output[length - 1] |= (byte)(char.IsAsciiDigit((char)octet) ? octet - '0' : (octet & 0xdf) - 'A' + 10);
                _escapeLength = 0;
            }
            else
            {
                GiveUp(output, ref length);
            }
        }
        return length;
    }

    /// <summary>It was no escape: its bytes are what they are.</summary>
    private void GiveUp(Span<byte> output, ref int length)
    {
        IsInvalid = true;
        length += Copy(_escape.AsSpan(0, _escapeLength), output[length..]);
        _escapeLength = 0;
    }

    private static sbyte[] MakeTable()
    {
        var table = new sbyte[256];
        Array.Fill(table, Wrong);
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        for (var i = 0; i < alphabet.Length; i++) table[alphabet[i]] = (sbyte)i;
        foreach (var blank in " \t\r\n") table[blank] = Skipped;
        table['='] = Padding;
        return table;
    }
}

/// <summary>How an entity's content was made fit for mail.</summary>
public enum TransferEncoding : byte
{
    None,
    Base64,
    QuotedPrintable,
}
