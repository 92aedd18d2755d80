using System.IO.Compression;
using System.Text;
using Demilune.Wire.Content;

namespace Demilune.Wire.Tests.Content;

public class ContentDecoderTests
{
    [Theory]
    [InlineData("gzip", 1)]
    [InlineData("gzip", 100)]
    [InlineData("deflate", 1)]
    [InlineData("raw", 3)]
    [InlineData("br", 1)]
    [InlineData("deflate, gzip", 5)]
    public void A_body_is_decoded_in_whatever_pieces_it_comes(string coding, int pieceLength)
    {
        var text = string.Concat(Enumerable.Range(0, 3000).Select(i => $"line {i}\n"));
        var encoded = coding.Split(", ").Aggregate(Encoding.ASCII.GetBytes(text), (bytes, one) => Encode(one, bytes));
        var sink = Decode(coding == "raw" ? "deflate" : coding, encoded, pieceLength);
        Assert.Equal(text, sink.Text);
        Assert.Null(sink.Failure);
    }

    [Theory]
    [InlineData("gzip", "this is no gzip at all")]
    [InlineData("br", "\u00ff\u00ff\u00ff\u00ff\u00ff")]
    public void A_body_that_is_not_what_it_says_is_taken_as_it_is(string coding, string body)
    {
        var sink = Decode(coding, Encoding.Latin1.GetBytes(body), 1000);
        Assert.Equal(ContentFailure.Invalid, sink.Failure);
        Assert.Equal(body, sink.Text);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    public void Wrong_checksums_and_odd_flags_hide_no_gzip_body(int pieceLength)
    {
        var text = string.Concat(Enumerable.Range(0, 2000).Select(i => $"line {i}\n"));
        var wrong = Encode("gzip", Encoding.ASCII.GetBytes(text));
        wrong[^6] ^= 0xff;
        Assert.Equal(text, Decode("gzip", wrong, pieceLength).Text);
        var right = Encode("gzip", Encoding.ASCII.GetBytes(text));
        right[3] = 2;
        Assert.Equal(text, Decode("gzip", [.. right.AsSpan(0, 10), 0, 0, .. right.AsSpan(10)], pieceLength).Text);
        Assert.Equal(text, Decode("gzip", [(byte)'\n', .. Encode("gzip", Encoding.ASCII.GetBytes(text))], pieceLength).Text);
    }

    [Fact]
    public void An_unknown_coding_is_told_and_the_body_taken_as_it_is()
    {
        var sink = new Sink();
        Assert.Null(ContentDecoder.For("x-unheard-of"u8, 100, sink));
        Assert.Equal(ContentFailure.UnknownCoding, sink.Failure);
    }

    [Fact]
    public void A_bomb_stops_soon_after_the_free_mebibyte()
    {
        var sink = Decode("gzip", Encode("gzip", new byte[64 << 20]), 1000);
        Assert.Equal(ContentFailure.Bomb, sink.Failure);
        Assert.InRange(sink.Length, 1 << 20, 12 << 20);
    }

    private static Sink Decode(string coding, byte[] encoded, int pieceLength)
    {
        var sink = new Sink();
        using var decoder = ContentDecoder.For(Encoding.ASCII.GetBytes(coding), 100, sink);
        foreach (var piece in encoded.Chunk(pieceLength)) decoder!.Feed(piece, sink);
        return sink;
    }

    private static byte[] Encode(string coding, byte[] bytes)
    {
        using var output = new MemoryStream();
        using (Stream stream = coding switch
        {
            "gzip" => new GZipStream(output, CompressionLevel.Fastest),
            "deflate" => new ZLibStream(output, CompressionLevel.Fastest),
            "raw" => new DeflateStream(output, CompressionLevel.Fastest),
            _ => new BrotliStream(output, CompressionLevel.Fastest),
        }) stream.Write(bytes);
        return output.ToArray();
    }

    private sealed class Sink : IContentSink
    {
        private readonly StringBuilder _text = new();

        public ContentFailure? Failure { get; private set; }
        public long Length => _text.Length;
        public string Text => _text.ToString();
        public void Content(ReadOnlySpan<byte> bytes) => _text.Append(Encoding.Latin1.GetString(bytes));
        public void Failed(ContentFailure failure) => Failure = failure;
    }
}
