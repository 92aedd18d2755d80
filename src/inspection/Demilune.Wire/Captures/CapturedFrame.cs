using Demilune.Wire.Decoding;

namespace Demilune.Wire.Captures;

/// <summary>A frame out of a capture.</summary>
/// <param name="time">Nanoseconds since 1970.</param>
/// <param name="bytes">From its link header on. Valid until the next frame is read.</param>
/// <param name="originalLength">On the wire; larger than what was captured if the capture cut it.</param>
/// <param name="link">LINKTYPE_ number.</param>
public readonly ref struct CapturedFrame(long time, ReadOnlySpan<byte> bytes, int originalLength, int link)
{
    /// <summary>LINKTYPE_ number of the interface that it was taken on.</summary>
    public int Link { get; } = link;

    /// <summary>What its bytes begin with.</summary>
    public PacketKind Kind => LinkType.KindOf(Link);

    public long Time { get; } = time;
    public ReadOnlySpan<byte> Bytes { get; } = bytes;
    public int OriginalLength { get; } = originalLength;
}
