using System.Security.Cryptography;
using System.Text;
using Demilune.Wire.Content;
using CsCheck;

namespace Demilune.Wire.Tests.Content;

/// <summary>Bodies that the zstd command has compressed: fast and well, and several frames with all that stands between and in them.</summary>
public class ZstandardTests
{
    private static readonly byte[] s_lines = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 3000).Select(i => $"line {i}\n")));

    /// <summary>Skipped bytes, a frame that says its size and has no checksum, a long run, skipped bytes, what cannot be compressed, nothing.</summary>
    private static readonly byte[] s_frames =
        [.. s_lines.AsSpan(0, 1000), .. new byte[300_000], .. Enumerable.Range(0, 100).SelectMany(i => SHA256.HashData([(byte)i]))];

    [Theory]
    [InlineData("lines-fast", 1)]
    [InlineData("lines-fast", 100_000)]
    [InlineData("lines-best", 1)]
    [InlineData("lines-best", 7)]
    [InlineData("frames", 1)]
    [InlineData("frames", 100_000)]
    public void A_body_is_decoded_in_whatever_pieces_it_comes(string vector, int pieceLength)
    {
        var sink = Decode(Vector(vector), pieceLength, maxRatio: 10_000);
        Assert.Null(sink.Failure);
        Assert.Equal(vector == "frames" ? s_frames : s_lines, sink.Bytes);
    }

    [Fact]
    public void A_body_that_is_none_is_taken_as_it_is()
    {
        var sink = Decode("<script>"u8.ToArray(), 3, maxRatio: 100);
        Assert.Equal(ContentFailure.Invalid, sink.Failure);
        Assert.Equal("<script>"u8.ToArray(), sink.Bytes);
    }

    [Fact]
    public void A_long_run_is_a_bomb()
    {
        // One frame, and blocks that are 131,071 times the same byte.
        byte[] block = [0xfa, 0xff, 0x0f, (byte)'x'];
        var sink = Decode([0x28, 0xb5, 0x2f, 0xfd, 0, 0x38, .. Enumerable.Repeat(block, 1000).SelectMany(b => b)], 1000, maxRatio: 100);
        Assert.Equal(ContentFailure.Bomb, sink.Failure);
        Assert.InRange(sink.Bytes.Length, 1 << 20, 2 << 20);
    }

    [Theory]
    [InlineData(0x00, 0x70)]            // a window of 16 MiB: RFC 9659 allows 8
    [InlineData(0x08, 0x38)]            // a bit that is reserved
    public void A_frame_that_no_receiver_of_HTTP_need_take_is_invalid(byte descriptor, byte window) =>
        Assert.Equal(ContentFailure.Invalid, Decode([0x28, 0xb5, 0x2f, 0xfd, descriptor, window, 1, 0, 0], 100, maxRatio: 100).Failure);

    [Fact]
    public void A_frame_that_needs_a_dictionary_is_invalid() =>
        Assert.Equal(ContentFailure.Invalid, Decode([0x28, 0xb5, 0x2f, 0xfd, 1, 0x38, 7, 1, 0, 0], 100, maxRatio: 100).Failure);

    [Fact]
    public void Damage_is_told_or_makes_other_content_and_never_more_than_a_block_allows()
    {
        var whole = Vector("lines-best");
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte).Sample((at, value) =>
        {
            var damaged = whole.ToArray();
            damaged[at] = value;
            return Decode(damaged, 1000, maxRatio: 100).Bytes.Length <= damaged.Length + (128 << 10);
        }, iter: 300);
    }

    private static Sink Decode(byte[] encoded, int pieceLength, int maxRatio)
    {
        var sink = new Sink();
        using var decoder = ContentDecoder.For("zstd"u8, maxRatio, sink);
        foreach (var piece in encoded.Chunk(pieceLength)) decoder!.Feed(piece, sink);
        return sink;
    }

    private static byte[] Vector(string name)
    {
        using var resource = typeof(ZstandardTests).Assembly.GetManifestResourceStream(name)!;
        using var bytes = new MemoryStream();
        resource.CopyTo(bytes);
        return bytes.ToArray();
    }

    private sealed class Sink : IContentSink
    {
        private readonly List<byte> _bytes = [];

        public ContentFailure? Failure { get; private set; }
        public byte[] Bytes => [.. _bytes];
        public void Content(ReadOnlySpan<byte> bytes) => _bytes.AddRange(bytes);
        public void Failed(ContentFailure failure) => Failure ??= failure;
    }
}
