using System.Buffers.Binary;
using System.Text;
using Demilune.Wire.Captures;

namespace Demilune.Cli.Tests.Inspect;

/// <summary>Small captures.</summary>
internal static class CaptureBytes
{
    /// <summary>When they begin, in nanoseconds since 1970.</summary>
    public const long Time = 1_700_000_000_000_000_000;

    /// <summary>A handshake and a request, one frame each, checksums left zero.</summary>
    public static byte[] Of(string request) => Of(Time, Frames(request));

    /// <summary>A capture of these frames, a nanosecond apart.</summary>
    public static byte[] Of(long time, IEnumerable<byte[]> frames)
    {
        using var stream = new MemoryStream();
        var writer = new CaptureWriter(stream);
        foreach (var frame in frames) writer.Write(time++, frame);
        return stream.ToArray();
    }

    public static byte[][] Frames(string request) => [Tcp(true, 100, 0, 2, ""), Tcp(false, 500, 101, 0x12, ""), Tcp(true, 101, 501, 0x10, ""), Tcp(true, 101, 501, 0x18, request)];

    private static byte[] Tcp(bool fromClient, uint sequence, uint acknowledgment, byte flags, string payload)
    {
        var frame = new byte[54 + payload.Length];
        (frame[0], frame[6], frame[12], frame[14]) = (2, 2, 8, 0x45);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(16), (ushort)(40 + payload.Length));
        (frame[22], frame[23]) = (64, 6);
        (frame[26], frame[29], frame[30], frame[33]) = (10, (byte)(fromClient ? 1 : 2), 10, (byte)(fromClient ? 2 : 1));
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(34), (ushort)(fromClient ? 40000 : 80));
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(36), (ushort)(fromClient ? 80 : 40000));
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(38), sequence);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(42), acknowledgment);
        (frame[46], frame[47], frame[48]) = (0x50, flags, 0xff);
        Encoding.ASCII.GetBytes(payload, frame.AsSpan(54));
        return frame;
    }
}
