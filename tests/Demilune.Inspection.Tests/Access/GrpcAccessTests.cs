using System.Text;
using Demilune.Inspection.Access;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Tests.Traffic;
using Demilune.Inspection.Verdicts;
using Demilune.Rules.Headers;

namespace Demilune.Inspection.Tests.Access;

/// <summary>Calls over HTTP/2 that an allow-list has no word for do not pass, however they are written.</summary>
public sealed class GrpcAccessTests
{
    private static readonly AccessList Cart = new("shop", [], [], [], [], DenialResponse.Respond)
    {
        Grpc = [new(["shop.Cart"], ["Get", "Add"]), new(["shop.public.*"], [])],
    };

    private static readonly byte[] s_preface = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(4, 0, 0, [])];

    private static (string, string)[] Call(string path, string type = "application/grpc", string method = "POST") =>
        [(":method", method), (":scheme", "http"), (":path", path), (":authority", "shop"), ("te", "trailers"), ("content-type", type)];

    [Theory]
    [InlineData("/shop.Cart/Get", "application/grpc")]
    [InlineData("/shop.Cart/Add", "application/grpc+proto")]
    [InlineData("/shop.public.Search/Find", "application/grpc;charset=utf-8")]
    [InlineData("/shop.public.deep.Search/Find", "application/grpc")]
    public void What_is_allowed_passes(string path, string type) => Assert.Empty(Talk(Cart, Headers(1, Call(path, type))).Drops);

    [Theory]
    [InlineData("/shop.Cart/Delete")]
    [InlineData("/shop.Cart/get")]
    [InlineData("/shop.cart/Get")]
    [InlineData("/shop.Carts/Get")]
    [InlineData("/shop.publican/Find")]
    [InlineData("/shop.public/Find")]
    [InlineData("/shop.Cart/Get/")]
    [InlineData("//shop.Cart/Get")]
    [InlineData("/shop.Cart/Get?x")]
    [InlineData("/shop.Cart/../shop.Admin/Drop")]
    [InlineData("/shop.Cart/%47et")]
    [InlineData("/shop.public.Search/..%2f..%2fshop.Admin%2fDrop")]
    [InlineData("/shop.Cart\\Get")]
    [InlineData("http://shop/shop.Cart/Get")]
    [InlineData("*")]
    public void What_is_not_allowed_does_not_pass_however_it_is_written_or_cut(string path)
    {
        foreach (var piece in (int[])[1, 9, 1460]) Assert.Contains(DropReason.AccessList, Talk(Cart, Headers(1, Call(path)), piece).Drops);
    }

    [Theory]
    [InlineData("application/json", "POST")]
    [InlineData("application/grpcx", "POST")]
    [InlineData("application/grpc", "GET")]
    [InlineData("application/grpc", "CONNECT")]
    public void What_is_no_call_does_not_pass(string type, string method) => Assert.Contains(DropReason.AccessList, Talk(Cart, Headers(1, Call("/shop.Cart/Get", type, method))).Drops);

    [Theory]
    [InlineData(":path", "/shop.Admin/Drop")]
    [InlineData(":method", "DELETE")]
    [InlineData(":authority", "admin")]
    [InlineData(":protocol", "websocket")]
    [InlineData("host", "admin")]
    [InlineData("Content-Type", "text/html")]
    [InlineData("transfer-encoding", "chunked")]
    [InlineData("x", "a\r\nb")]
    public void What_two_servers_could_read_in_two_ways_does_not_pass(string name, string value)
    {
        Assert.Contains(DropReason.AccessList, Talk(Cart, Headers(1, [.. Call("/shop.Cart/Get"), (name, value)])).Drops);
        Assert.Contains(DropReason.AccessList, Talk(Cart, Headers(1, [(name, value), .. Call("/shop.Cart/Get")])).Drops);
    }

    [Fact]
    public void A_second_stream_a_trailer_and_a_broken_frame_hide_nothing()
    {
        var allowed = Headers(1, Call("/shop.Cart/Get"));
        Assert.Contains(DropReason.AccessList, Talk(Cart, [.. allowed, .. Headers(3, Call("/shop.Admin/Drop"))]).Drops);
        Assert.Contains(DropReason.AccessList, Talk(Cart, [.. allowed, .. Headers(1, [(":path", "/shop.Admin/Drop")])]).Drops);
        Assert.Contains(DropReason.AccessList, Talk(Cart, [.. allowed, .. Frame(9, 4, 1, []), .. Headers(3, Call("/shop.Admin/Drop"))]).Drops);
        Assert.Contains(DropReason.AccessList, Talk(Cart, [.. Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: shop\r\n\r\n")], preface: false).Drops);
    }

    [Fact]
    public void A_denied_call_is_told_so_in_its_own_words()
    {
        var replay = Talk(Cart, Headers(1, Call("/shop.Admin/Drop")));
        var answer = replay.Injected.Single(frame => frame.Departed(Interface.In)).Bytes.AsSpan(54);
        Assert.Equal(4, answer[3]);         // SETTINGS, since the server has said nothing yet
        Assert.Equal((1, 5, 1, 0x88), (answer[9 + 3], answer[9 + 4], answer[9 + 8], answer[18]));
        var text = Encoding.ASCII.GetString(answer);
        Assert.Contains("grpc-status\u00017", text, StringComparison.Ordinal);
        Assert.Contains("Not allowed by SecurityPolicy shop", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Requests_over_http2_are_judged_by_the_list_of_http_too()
    {
        var list = new AccessList("shop", [new(["GET"], [new NamePattern("shop")], [TextPattern.PathPrefix("/public")], [])], [], [], [], DenialResponse.Respond);
        (string, string)[] Get(string path) => [(":method", "GET"), (":scheme", "http"), (":path", path), (":authority", "shop")];
        Assert.Empty(Talk(list, Headers(1, Get("/public/a"))).Drops);
        foreach (var path in (string[])["/admin", "/public/../admin", "/public/%2e%2e/admin"]) Assert.Contains(DropReason.AccessList, Talk(list, Headers(1, Get(path))).Drops);
        var both = new AccessList("shop", [new(["GET"], [], [], [])], [], [], [], DenialResponse.Respond) { Grpc = Cart.Grpc };
        Assert.Empty(Talk(both, [.. Headers(1, Get("/")), .. Headers(3, Call("/shop.Cart/Get"))]).Drops);
        Assert.Contains(DropReason.AccessList, Talk(both, Headers(1, Call("/shop.Cart/Delete"))).Drops);
    }

    [Fact]
    public void Whoever_allows_http2_altogether_judges_no_request() =>
        Assert.Empty(Talk(new("shop", [], [], [], [AppProtocol.Http2], DenialResponse.Respond), Headers(1, Call("/any/Thing"))).Drops);

    private static Replay Talk(AccessList list, byte[] bytes, int piece = 1460, bool preface = true)
    {
        var talk = new Conversation();
        return new Replay(list).Feed(talk.Handshake()).Feed(talk.Send(Side.Client, preface ? (byte[])[.. s_preface, .. bytes] : bytes, piece));
    }

    /// <summary>HEADERS that end the block and the stream's request, each field literal and without Huffman coding.</summary>
    private static byte[] Headers(byte stream, (string Name, string Value)[] fields) =>
        Frame(1, 5, stream, [.. fields.SelectMany(field => (byte[])[0, (byte)field.Name.Length, .. Encoding.ASCII.GetBytes(field.Name), (byte)field.Value.Length, .. Encoding.ASCII.GetBytes(field.Value)])]);

    private static byte[] Frame(byte type, byte flags, byte stream, ReadOnlySpan<byte> payload) => [0, (byte)(payload.Length >> 8), (byte)payload.Length, type, flags, 0, 0, 0, stream, .. payload];
}
