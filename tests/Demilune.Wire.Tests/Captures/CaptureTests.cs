using System.Buffers.Binary;
using Demilune.Wire.Captures;

namespace Demilune.Wire.Tests.Captures;

public class CaptureTests
{
    [Fact]
    public void What_was_written_is_read_again()
    {
        var stream = new MemoryStream();
        var writer = new CaptureWriter(stream);
        writer.Write(1_700_000_000_123_456_789, new byte[60]);
        writer.Write(1_700_000_001_000_000_000, new byte[70_000]);
        stream.Position = 0;
        var reader = CaptureReader.Open(stream);
        Assert.True(reader.TryRead(out var first));
        Assert.Equal((1_700_000_000_123_456_789, 60), (first.Time, first.Bytes.Length));
        Assert.True(reader.TryRead(out var second));
        Assert.Equal(70_000, second.Bytes.Length);
        Assert.False(reader.TryRead(out _));
        Assert.Null(reader.Damage);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_pcapng_of_either_byte_order_is_read(bool isBig)
    {
        var reader = CaptureReader.Open(new MemoryStream(PcapNg(isBig)));
        Assert.True(reader.TryRead(out var frame));
        Assert.Equal(5_000_000L, frame.Time);
        Assert.Equal(Wire.Decoding.PacketKind.RawIp, frame.Kind);
        Assert.Equal([0x45, 1, 2, 3, 4], frame.Bytes.ToArray());
        Assert.False(reader.TryRead(out _));
        Assert.Null(reader.Damage);
    }

    [Fact]
    public void A_capture_that_is_cut_says_where()
    {
        var bytes = PcapNg(false);
        var reader = CaptureReader.Open(new MemoryStream(bytes, 0, bytes.Length - 3));
        Assert.False(reader.TryRead(out _));
        Assert.Contains("At byte", reader.Damage);
    }

    private static byte[] PcapNg(bool isBig)
    {
        var bytes = new List<byte>();
        void U32(uint value)
        {
            Span<byte> four = stackalloc byte[4];
            if (isBig) BinaryPrimitives.WriteUInt32BigEndian(four, value);
            else BinaryPrimitives.WriteUInt32LittleEndian(four, value);
            bytes.AddRange(four);
        }
        U32(0x0a0d0d0a); U32(28); U32(0x1a2b3c4d); U32(isBig ? 0x0001_0000u : 1); U32(uint.MaxValue); U32(uint.MaxValue); U32(28);
        U32(1); U32(20); U32(isBig ? 101u << 16 : 101); U32(0); U32(20);
        U32(6); U32(40); U32(0); U32(0); U32(5000); U32(5); U32(5);
        bytes.AddRange([0x45, 1, 2, 3, 4, 0, 0, 0]);
        U32(40);
        return [.. bytes];
    }
}
