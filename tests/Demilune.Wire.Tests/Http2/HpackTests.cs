using System.Text;
using Demilune.Wire.Http2;

namespace Demilune.Wire.Tests.Http2;

public sealed class HpackTests
{
    /// <summary>RFC 7541 Appendix C.4: three requests of one connection, with Huffman coding.</summary>
    [Fact]
    public void Requests_of_the_standard_are_read()
    {
        var decoder = new HpackDecoder();
        Assert.Equal(":method=GET :scheme=http :path=/ :authority=www.example.com", Read(decoder, "828684418cf1e3c2e5f23a6ba0ab90f4ff"));
        Assert.Equal(":method=GET :scheme=http :path=/ :authority=www.example.com cache-control=no-cache", Read(decoder, "828684be5886a8eb10649cbf"));
        Assert.Equal(":method=GET :scheme=https :path=/index.html :authority=www.example.com custom-key=custom-value", Read(decoder, "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf"));
    }

    /// <summary>RFC 7541 Appendix C.5: responses, and a table of 256 bytes that evicts.</summary>
    [Fact]
    public void Responses_of_the_standard_evict_what_is_oldest()
    {
        var decoder = new HpackDecoder();
        Read(decoder, "3fe101");       // the table has 256 bytes
        Assert.Equal(
            ":status=302 cache-control=private date=Mon, 21 Oct 2013 20:13:21 GMT location=https://www.example.com",
            Read(decoder, "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d"));
        Assert.Equal(":status=307 cache-control=private date=Mon, 21 Oct 2013 20:13:21 GMT location=https://www.example.com", Read(decoder, "4803333037c1c0bf"));
    }

    [Theory]
    [InlineData("80")]                  // index 0
    [InlineData("ff00")]                // index 127: neither table has it
    [InlineData("4001")]                // a name without its bytes
    [InlineData("408100")]              // a Huffman code that is cut
    [InlineData("4084ffffffff00")]      // the end mark in a text
    [InlineData("ffffffffffff7f")]      // a number that no block can mean
    [InlineData("3fffffff7f")]          // a table larger than any
    public void What_is_malformed_ends_it(string block) => Assert.Null(Read(new(), block));

    [Fact]
    public void Fields_past_the_limit_are_read_and_not_kept()
    {
        var fields = new HeaderList();
        Assert.True(new HpackDecoder().TryRead([.. Enumerable.Repeat((byte)0x82, HeaderList.MaxFields + 1)], fields, out var isComplete));
        Assert.False(isComplete);
        Assert.Equal(HeaderList.MaxFields, fields.Count);
    }

    private static string? Read(HpackDecoder decoder, string hex)
    {
        var fields = new HeaderList();
        if (!decoder.TryRead(Convert.FromHexString(hex), fields, out _)) return null;
        return string.Join(' ', Enumerable.Range(0, fields.Count).Select(i => $"{Encoding.Latin1.GetString(fields.Name(i))}={Encoding.Latin1.GetString(fields.Value(i))}"));
    }
}
