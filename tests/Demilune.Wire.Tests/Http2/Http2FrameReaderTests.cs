using CsCheck;
using Demilune.Wire.Http2;

namespace Demilune.Wire.Tests.Http2;

public sealed class Http2FrameReaderTests
{
    private static readonly byte[] s_stream =
    [
        .. Http2FrameReader.Preface,
        0, 0, 0, 4, 0, 0, 0, 0, 0,                                              // SETTINGS
        0, 0, 3, 1, 4, 0, 0, 0, 1, 0x82, 0x84, 0x86,                            // HEADERS
        0, 0, 8, 0, 8, 0, 0, 0, 1, 3, .. "evil"u8, 0, 0, 0,                     // DATA, padded
        0, 0, 1, 0, 8, 0, 0, 0, 1, 0,                                           // DATA of nothing but padding's length
        0, 0, 4, 0, 1, 0, 0, 0, 1, .. "last"u8,
    ];

    [Fact]
    public void How_a_stream_is_cut_changes_nothing()
    {
        var whole = Read(s_stream, s_stream.Length);
        Assert.Equal(["Settings 0 ", "Headers 1 828486", "Data 1 6576696C", "Data 1 ", "Data 1 6C617374"], whole);
        Gen.Int[1, s_stream.Length].Sample(piece => Assert.Equal(whole, Read(s_stream, piece)));
    }

    [Theory]
    [InlineData("505249202a20485454502f322e310d0a")]                                                    // another preface
    [InlineData("505249202a20485454502f322e300d0a0d0a534d0d0a0d0a0000020008000000010500")]              // more padding than frame
    [InlineData("505249202a20485454502f322e300d0a0d0a534d0d0a0d0affffff010000000001")]                  // longer than can be held
    public void What_cannot_be_read_breaks_it(string hex)
    {
        var reader = new Http2FrameReader(isClient: true);
        ReadOnlySpan<byte> bytes = Convert.FromHexString(hex);
        while (reader.TryRead(ref bytes, out _, out _, out _))
        {
        }
        Assert.True(reader.IsBroken);
    }

    private static List<string> Read(byte[] stream, int piece)
    {
        var (reader, frames, data) = (new Http2FrameReader(isClient: true), new List<string>(), new List<byte>());
        foreach (var chunk in stream.Chunk(piece))
        {
            ReadOnlySpan<byte> rest = chunk;
            while (reader.TryRead(ref rest, out var frame, out var content, out var isEnd))
            {
                data.AddRange(content);
                if (!isEnd) continue;
                frames.Add($"{frame.Type} {frame.Stream} {Convert.ToHexString([.. data])}");
                data.Clear();
            }
        }
        return frames;
    }
}
