namespace Demilune.Wire.Dnp3;

/// <summary>Tells DNP3 from others.</summary>
public static class Dnp3Detection
{
    /// <summary>Bytes of a banner that are looked at.</summary>
    private const int MaxBanner = 256;

    /// <summary>A link frame's header with the right check: by chance one in four billion.</summary>
    public static Detection OfFrame(ReadOnlySpan<byte> bytes)
    {
        var outcome = OfStart(bytes);
        return outcome == Detection.Yes && !Dnp3Crc.Holds(bytes[..Dnp3Link.HeaderLength]) ? Detection.No : outcome;
    }

    /// <summary>For the port of DNP3: the beginning of a link frame; or text that says DNP3, as some outstations greet.</summary>
    public static Detection OfAny(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IndexOf("DNP3"u8) >= 0 && bytes[..Math.Min(bytes.Length, MaxBanner)].IndexOfAnyExceptInRange((byte)0x20, (byte)0x7e) < 0) return Detection.Yes;
        return OfStart(bytes);
    }

    private static Detection OfStart(ReadOnlySpan<byte> bytes)
    {
        if (bytes is [5] or []) return Detection.Incomplete;
        if (bytes is not [5, 0x64, ..]) return Detection.No;
        if (bytes.Length < Dnp3Link.HeaderLength) return Detection.Incomplete;
        return bytes[2] >= Dnp3Link.CountedLength ? Detection.Yes : Detection.No;
    }
}
