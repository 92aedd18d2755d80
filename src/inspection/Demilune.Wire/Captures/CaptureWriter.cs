using System.Buffers.Binary;

namespace Demilune.Wire.Captures;

/// <summary>Writes Ethernet frames as a pcap capture with nanoseconds.</summary>
public sealed class CaptureWriter
{
    private readonly Stream _stream;

    /// <param name="stream">Gets the header at once; stays the caller's.</param>
    public CaptureWriter(Stream stream)
    {
        _stream = stream;
        Span<byte> header = stackalloc byte[24];
        header.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, 0xa1b2_3c4d);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], 4);
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], 262_144);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], 1);
        stream.Write(header);
    }

    /// <param name="time">Nanoseconds since 1970.</param>
    /// <param name="frame">With its Ethernet header.</param>
    public void Write(long time, ReadOnlySpan<byte> frame)
    {
        Span<byte> header = stackalloc byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(header, (uint)(time / 1_000_000_000));
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], (uint)(time % 1_000_000_000));
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], frame.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], frame.Length);
        _stream.Write(header);
        _stream.Write(frame);
    }
}
