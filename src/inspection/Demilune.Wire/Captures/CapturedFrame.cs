namespace Demilune.Wire.Captures;

/// <summary>A frame out of a capture.</summary>
/// <param name="time">Nanoseconds since 1970.</param>
/// <param name="bytes">With an Ethernet header, made up if the capture's link has none. Valid until the next frame is read.</param>
/// <param name="originalLength">On the wire; larger than what was captured if the capture cut it.</param>
public readonly ref struct CapturedFrame(long time, ReadOnlySpan<byte> bytes, int originalLength)
{
    public long Time { get; } = time;
    public ReadOnlySpan<byte> Bytes { get; } = bytes;
    public int OriginalLength { get; } = originalLength;
}
