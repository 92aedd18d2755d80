using System.Text;
using Demilune.Inspection.Access;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Tests.Traffic;
using Demilune.Inspection.Verdicts;
using Demilune.Rules.Headers;
using Demilune.Rules.Regex;
using Demilune.Wire.Dns;
using Demilune.Wire.Tls;

namespace Demilune.Inspection.Tests.Access;

/// <summary>What an allow-list has no word for does not pass, whatever it is dressed as.</summary>
public sealed class AccessListTests
{
    private const string Blank = "\r\nHost: shop.example\r\n\r\n";

    private static readonly AccessList Shop = List(http:
    [
        Http(["GET", "HEAD"], ["shop.example", "*.shop.example"], [TextPattern.PathPrefix("/public"), Regex("/items/[0-9]+")]),
        Http(["POST"], ["shop.example"], [TextPattern.Exact("/cart")], [new HeaderPattern("X-Tenant", TextPattern.Exact("red"))]),
    ]);

    [Theory]
    [InlineData("GET /public HTTP/1.1")]
    [InlineData("GET /public/a/b?x=/admin HTTP/1.1")]
    [InlineData("HEAD /items/17 HTTP/1.1")]
    [InlineData("GET http://www.shop.example/public/ HTTP/1.1")]
    [InlineData("POST /cart HTTP/1.1\r\nX-Tenant: red\r\nContent-Length: 0")]
    [InlineData("GET /public/%61%20%C3%A9.v1.html?next=%252Fhome&price=50% HTTP/1.1")]
    [InlineData("GET /public/.well-known/a..b HTTP/1.1")]
    [InlineData("GET /public HTTP/1.1\r\nX-Forwarded-Host: www.shop.example")]
    [InlineData("GET http://shop.example:8080/public HTTP/1.1")]
    public void What_is_allowed_passes(string request) => Assert.True(Passes(Shop, request + Blank), request);

    /// <summary>The ways in which others' allow-lists were walked around: encodings, dot segments, parameters, fields that name another method or path.</summary>
    [Theory]
    [InlineData("GET /admin HTTP/1.1")]
    [InlineData("GET /publican HTTP/1.1")]
    [InlineData("DELETE /public HTTP/1.1")]
    [InlineData("get /public HTTP/1.1")]
    [InlineData("GET /public/../admin HTTP/1.1")]
    [InlineData("GET /public/%2e%2e/admin HTTP/1.1")]
    [InlineData("GET /public/%2E./admin HTTP/1.1")]
    [InlineData("GET /public/..%2fadmin HTTP/1.1")]
    [InlineData("GET /public%2f..%2fadmin HTTP/1.1")]
    [InlineData("GET /public/%252e%252e/admin HTTP/1.1")]
    [InlineData("GET /public/..%5cadmin HTTP/1.1")]
    [InlineData("GET /public\\..\\admin HTTP/1.1")]
    [InlineData("GET /public/..;/admin HTTP/1.1")]
    [InlineData("GET /public;x/../admin HTTP/1.1")]
    [InlineData("GET /public/%c0%ae%c0%ae/admin HTTP/1.1")]
    [InlineData("GET /public/%u002e%u002e/admin HTTP/1.1")]
    [InlineData("GET /public/..%00/admin HTTP/1.1")]
    [InlineData("GET /public#/../admin HTTP/1.1")]
    [InlineData("GET //public/../admin HTTP/1.1")]
    [InlineData("GET /items/17/secret HTTP/1.1")]
    [InlineData("GET /items/17%0a HTTP/1.1")]
    [InlineData("GET /items/17%3f/secret HTTP/1.1")]
    [InlineData("GET /items/17%253f/secret HTTP/1.1")]
    [InlineData("GET /public%3f/../admin HTTP/1.1")]
    [InlineData("GET /public%3b/../admin HTTP/1.1")]
    [InlineData("GET /public/%23/x HTTP/1.1")]
    [InlineData("GET /public/%25%32%65%25%32%65/admin HTTP/1.1")]
    [InlineData("GET /public/%25252e%25252e/admin HTTP/1.1")]
    [InlineData("GET /public/..%252fadmin HTTP/1.1")]
    [InlineData("GET /public/..%255cadmin HTTP/1.1")]
    [InlineData("GET /public/%c0%2e%c0%2e/admin HTTP/1.1")]
    [InlineData("GET /public/%e0%80%ae%e0%80%ae/admin HTTP/1.1")]
    [InlineData("GET /public/%f0%80%80%ae%f0%80%80%ae/admin HTTP/1.1")]
    [InlineData("GET /public/%f8%80%80%80%ae%f8%80%80%80%ae/admin HTTP/1.1")]
    [InlineData("GET /public/%c1%9c..%c1%9cadmin HTTP/1.1")]
    [InlineData("GET /public/%ae%ae/admin HTTP/1.1")]
    [InlineData("GET /public/.%09./admin HTTP/1.1")]
    [InlineData("GET /public/.%0d%0a./admin HTTP/1.1")]
    [InlineData("GET /public/.%7f./admin HTTP/1.1")]
    [InlineData("GET /public/..%20/admin HTTP/1.1")]
    [InlineData("GET /public/.../admin HTTP/1.1")]
    [InlineData("GET /public/%2e%2e%3b/admin HTTP/1.1")]
    [InlineData("GET /public/..;a=b/..;/admin HTTP/1.1")]
    [InlineData("GET /public/;/../admin HTTP/1.1")]
    [InlineData("GET //public/admin HTTP/1.1")]
    [InlineData("GET /\\public/admin HTTP/1.1")]
    [InlineData("GET public HTTP/1.1")]
    [InlineData("GET http:/public HTTP/1.1")]
    [InlineData("GET http://shop.example@admin.example/public HTTP/1.1")]
    [InlineData("GET http://admin.example\\@shop.example/public HTTP/1.1")]
    [InlineData("GET http://admin.example\\.shop.example/public HTTP/1.1")]
    [InlineData("GET http://admin.example#.shop.example/public HTTP/1.1")]
    [InlineData("GET /public HTTP/1.1\r\nX-Forwarded-Host: admin.example")]
    [InlineData("GET /public HTTP/1.1\r\nX-Forwarded-Host: shop.example, admin.example")]
    [InlineData("GET /public HTTP/1.1\r\nX_Forwarded_Host: admin.example")]
    [InlineData("GET /public HTTP/1.1\r\nX-Original-Host: admin.example")]
    [InlineData("GET /public HTTP/1.1\r\nX-HTTP-Method-Override: GET\r\nX-HTTP-Method-Override: DELETE")]
    [InlineData("GET /public HTTP/1.1\r\nX-HTTP-Method-Override: \r\nX-HTTP-Method-Override: DELETE")]
    [InlineData("GET /public HTTP/1.1\r\nX_HTTP_Method_Override: DELETE")]
    [InlineData("GET /public HTTP/1.1\r\nx-http-method: DELETE")]
    [InlineData("GET /public HTTP/1.1\r\nX-Original-URL: \r\nX-Original-URL: /admin")]
    [InlineData("GET /public HTTP/1.1\r\nX_Original_URL: /admin")]
    [InlineData("GET /public HTTP/1.1\r\nX-Original-URL : /admin")]
    [InlineData("GET /public HTTP/1.1\r\nX-Original-URL:\r\n /admin")]
    [InlineData("POST /cart HTTP/1.1\r\nX-Tenant: red\r\nX_Tenant: blue\r\nContent-Length: 0")]
    [InlineData("POST /cart HTTP/1.1\r\nX_Tenant: red\r\nContent-Length: 0")]
    [InlineData("GET /public")]
    [InlineData("GET\t/admin HTTP/1.1")]
    [InlineData("GET /public HTTP/1.1 /admin HTTP/1.1")]
    [InlineData("GET http://admin.example/public HTTP/1.1")]
    [InlineData("GET /public HTTP/1.1\r\nX-HTTP-Method-Override: DELETE")]
    [InlineData("GET /public HTTP/1.1\r\nX-Original-URL: /admin")]
    [InlineData("GET /public HTTP/1.1\r\nX-Rewrite-URL: /admin")]
    [InlineData("POST /cart HTTP/1.1\r\nContent-Length: 0")]
    [InlineData("POST /cart HTTP/1.1\r\nX-Tenant: redder\r\nContent-Length: 0")]
    [InlineData("POST /cart HTTP/1.1\r\nX-Tenant: blue\r\nX-Tenant: red\r\nContent-Length: 0")]
    [InlineData("POST /cart HTTP/1.1\r\nX-Tenant: red\r\nX-Tenant: blue\r\nContent-Length: 0")]
    [InlineData("CONNECT shop.example:443 HTTP/1.1")]
    [InlineData("OPTIONS * HTTP/1.1")]
    public void What_is_not_allowed_does_not_pass_however_it_is_written_or_cut(string request)
    {
        foreach (var pieceLength in (int[])[1, 7, 1460]) Assert.False(Passes(Shop, request + Blank, pieceLength), $"{request} in pieces of {pieceLength}");
    }

    /// <summary>Each of them is for another host to some server.</summary>
    [Theory]
    [InlineData("GET http://shop.example/public HTTP/1.1\r\nHost: admin.example\r\n\r\n")]
    [InlineData("GET /public HTTP/1.1\r\nHost: shop.example@admin.example\r\n\r\n")]
    [InlineData("GET /public HTTP/1.1\r\nHost: shop.example:80@admin.example\r\n\r\n")]
    [InlineData("GET /public HTTP/1.1\r\nHost: shop.example:admin.example\r\n\r\n")]
    [InlineData("GET /public HTTP/1.1\r\nHost: admin.example, www.shop.example\r\n\r\n")]
    [InlineData("GET /public HTTP/1.1\r\nHost: admin.example www.shop.example\r\n\r\n")]
    [InlineData("GET /public HTTP/1.1\r\nHost: admin.example/www.shop.example\r\n\r\n")]
    [InlineData("GET /public HTTP/1.1\r\nHost: admin.example#www.shop.example\r\n\r\n")]
    [InlineData("GET /public HTTP/1.1\r\nHost: admin.example%00.shop.example\r\n\r\n")]
    [InlineData("GET /public HTTP/1.1\r\nHost: admin.example\r\n .shop.example\r\n\r\n")]
    [InlineData("GET /public HTTP/1.1\r\nHost: shop.example\r\n admin.example\r\n\r\n")]
    [InlineData("GET /public HTTP/1.1\r\nHost: shop.example\r\nhost: admin.example\r\n\r\n")]
    [InlineData("GET /public HTTP/1.1\r\nHost : admin.example\r\nHost: shop.example\r\n\r\n")]
    [InlineData("GET /public HTTP/1.1\r\n Host: admin.example\r\nHost: shop.example\r\n\r\n")]
    [InlineData("GET /public HTTP/1.1\r\nX: y\rHost: admin.example\r\nHost: shop.example\r\n\r\n")]
    [InlineData("GET /public HTTP/1.1\r\nHost:\r\n\r\n")]
    [InlineData("GET /public HTTP/1.1\r\n\r\n")]
    [InlineData("GET /public HTTP/1.0\r\n\r\n")]
    public void A_request_that_some_server_takes_for_another_hosts_does_not_pass(string request)
    {
        foreach (var pieceLength in (int[])[1, 7, 1460])
        {
            var (replay, sent) = Talk(Shop, request, pieceLength);
            Assert.True(replay.Drops.Count > 0 && sent != request, $"{request} in pieces of {pieceLength}");
        }
    }

    [Fact]
    public void Hosts_alone_are_held_too_whatever_is_asked_of_them()
    {
        var list = List(http: [Http([], ["shop.example"], [])]);
        Assert.True(Passes(list, "OPTIONS * HTTP/1.1" + Blank));
        Assert.True(Passes(list, "GET /any HTTP/1.1" + Blank));
        Assert.False(Passes(list, "GET //admin.example/any HTTP/1.1" + Blank));
        Assert.False(Passes(list, "CONNECT admin.example:443 HTTP/1.1" + Blank));
        Assert.False(Passes(list, "GET admin.example/any HTTP/1.1" + Blank));
    }

    [Theory]
    [InlineData("POST /cart HTTP/1.1\r\nHost: shop.example\r\nX-Tenant: red\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /admin HTTP/1.1\r\nHost: shop.example\r\n\r\n")]
    [InlineData("POST /cart HTTP/1.1\r\nHost: shop.example\r\nX-Tenant: red\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\nGET /admin HTTP/1.1\r\nHost: shop.example\r\n\r\n")]
    [InlineData("POST /cart HTTP/1.1\r\nHost: shop.example\r\nX-Tenant: red\r\nContent-Length: 4\r\nContent-Length: 0\r\n\r\nabcdGET /admin HTTP/1.1\r\nHost: shop.example\r\n\r\n")]
    [InlineData("GET /public HTTP/1.1\r\nHost: shop.example\r\n\r\nGET /admin HTTP/1.1\r\nHost: shop.example\r\n\r\n")]
    [InlineData("GET /public HTTP/1.1\r\nHost: shop.example\r\nHost: other.example\r\n\r\nGET /admin HTTP/1.1\r\nHost: shop.example\r\n\r\n")]
    [InlineData("POST /cart HTTP/1.1\r\nHost: shop.example\r\nX-Tenant: red\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\nGET /admin HTTP/1.1\r\nHost: shop.example\r\n\r\n")]
    [InlineData("POST /cart HTTP/1.1\r\nHost: shop.example\r\nX-Tenant: red\r\nTransfer-Encoding:\u000bchunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\nGET /admin HTTP/1.1\r\nHost: shop.example\r\n\r\n")]
    [InlineData("POST /cart HTTP/1.1\r\nHost: shop.example\r\nX-Tenant: red\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\nGET /admin HTTP/1.1\r\nHost: shop.example\r\n\r\n")]
    [InlineData("POST /cart HTTP/1.0\r\nHost: shop.example\r\nX-Tenant: red\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /admin HTTP/1.1\r\nHost: shop.example\r\n\r\n")]
    [InlineData("POST /cart HTTP/1.1\r\nHost: shop.example\r\nX-Tenant: red\r\nContent-Length: +0\r\n\r\nGET /admin HTTP/1.1\r\nHost: shop.example\r\n\r\n")]
    [InlineData("POST /cart HTTP/1.1\r\nHost: shop.example\r\nX-Tenant: red\r\nContent-Length: 0, 46\r\n\r\nGET /admin HTTP/1.1\r\nHost: shop.example\r\n\r\n")]
    [InlineData("POST /cart HTTP/1.1\r\nHost: shop.example\r\nX-Tenant: red\r\nTransfer-Encoding: chunked\r\n\r\n0x2e\r\nGET /admin HTTP/1.1\r\nHost: shop.example\r\n\r\n")]
    [InlineData("POST /cart HTTP/1.1\r\nHost: shop.example\r\nX-Tenant: red\r\nTransfer-Encoding: chunked\r\n\r\n2;\nxx\r\n2f\r\n0\r\n\r\nGET /admin HTTP/1.1\r\nHost: shop.example\r\n\r\n")]
    [InlineData("GET /public HTTP/1.1\nHost: shop.example\n\nGET /admin HTTP/1.1\r\nHost: shop.example\r\n\r\n")]
    public void A_second_request_cannot_be_smuggled_behind_an_allowed_one(string bytes)
    {
        foreach (var pieceLength in (int[])[1, 11, 1460])
        {
            var (replay, sent) = Talk(Shop, bytes, pieceLength);
            Assert.NotEmpty(replay.Drops);
            Assert.DoesNotContain("GET /admin HTTP/1.1\r\nHost: shop.example\r\n\r\n", sent);
        }
    }

    [Fact]
    public void A_denied_request_gets_an_answer_that_names_the_policy_and_the_server_a_reset()
    {
        var (replay, _) = Talk(Shop, "GET /admin HTTP/1.1" + Blank);
        var answer = Encoding.ASCII.GetString(replay.Injected.Single(frame => frame.Departed(Interface.In)).Bytes.AsSpan(54));
        Assert.StartsWith("HTTP/1.1 403 Forbidden\r\n", answer);
        Assert.Contains("SecurityPolicy shop", answer);
        Assert.Equal(0x14, replay.Injected.Single(frame => frame.Departed(Interface.Out)).Bytes[47]);
        Assert.Equal([DropReason.AccessList], replay.Drops);
    }

    [Theory]
    [InlineData(DenialResponse.Reset, 2)]
    [InlineData(DenialResponse.Drop, 0)]
    public void Or_a_reset_or_nothing_where_the_policy_says_so(DenialResponse response, int frames)
    {
        var (replay, _) = Talk(List(http: [Http(["GET"], [], [TextPattern.Exact("/")])], response: response), "GET /admin HTTP/1.1" + Blank);
        Assert.Equal(frames, replay.Injected.Count);
        Assert.All(replay.Injected, frame => Assert.Equal(0x14, frame.Bytes[47]));
    }

    [Fact]
    public void While_an_earlier_request_waits_for_its_answer_a_denied_one_is_reset()
    {
        var (replay, _) = Talk(Shop, "GET /public HTTP/1.1" + Blank + "GET /admin HTTP/1.1" + Blank);
        Assert.All(replay.Injected, frame => Assert.Equal(0x14, frame.Bytes[47]));
    }

    [Fact]
    public void A_policy_that_only_detects_tells_and_lets_pass()
    {
        var (replay, sent) = Talk(Shop, "GET /admin HTTP/1.1" + Blank, prevent: false);
        Assert.Single(replay.Alerts);
        Assert.Contains("GET /admin", sent);
        Assert.Empty(replay.Drops);
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n")]
    [InlineData("\u0016\u0003\u0001\u0000\u0005hello world this is no http at all\r\n\r\n")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    [InlineData("hello, this is a protocol of our own\r\nand more of it\r\n")]
    public void Another_protocol_on_the_same_port_does_not_pass(string bytes)
    {
        var (replay, _) = Talk(Shop, bytes + new string('x', 20_000));
        Assert.Contains(DropReason.AccessList, replay.Drops);
    }

    [Fact]
    public void A_protocol_that_is_allowed_altogether_passes_and_the_others_do_not()
    {
        var list = List(applications: [AppProtocol.Http1]);
        Assert.True(Passes(list, "DELETE /anything HTTP/1.1" + Blank));
        Assert.Contains(DropReason.AccessList, Talk(list, "SSH-2.0-OpenSSH_9.2\r\n" + new string('x', 20_000)).Replay.Drops);
    }

    [Theory]
    [InlineData("api.example.com", true)]
    [InlineData("API.Example.COM", true)]
    [InlineData("a.b.example.com", true)]
    [InlineData("example.com", false)]
    [InlineData("badexample.com", false)]
    [InlineData("example.com.evil.org", false)]
    public void Tls_is_allowed_by_the_name_that_is_asked_for(string name, bool allowed)
    {
        var list = List(tls: [new TlsAllowance([new NamePattern("*.example.com")], 0)]);
        Assert.Equal(allowed, PassesTls(list, Tls.ClientHello(name), Tls.ServerHello()));
    }

    [Theory]
    [InlineData("evil.org\0.example.com")]
    [InlineData("evil.org/.example.com")]
    [InlineData("evil.org .example.com")]
    [InlineData(".example.com")]
    [InlineData("")]
    public void What_is_no_name_is_below_no_name(string name) =>
        Assert.False(PassesTls(List(tls: [new TlsAllowance([new NamePattern("*.example.com")], 0)]), Tls.ClientHello(name), Tls.ServerHello()));

    [Fact]
    public void A_hello_in_which_servers_could_find_two_names_does_not_pass()
    {
        var list = List(tls: [new TlsAllowance([new NamePattern("api.example.com")], 0)]);
        byte[] good = Name("api.example.com"), bad = Name("evil.org");
        Assert.True(PassesTls(list, Hello(List16(good)), Tls.ServerHello()));
        Assert.False(PassesTls(list, Hello(List16([.. good, .. bad])), Tls.ServerHello()));
        Assert.False(PassesTls(list, Hello(List16(good), List16(bad)), Tls.ServerHello()));
        Assert.False(PassesTls(list, Hello(List16(bad), List16(good)), Tls.ServerHello()));
        Assert.False(PassesTls(list, Hello([.. List16(good), .. List16(bad)]), Tls.ServerHello()));
        Assert.False(PassesTls(list, Hello([0, 0, .. good]), Tls.ServerHello()));
        Assert.False(PassesTls(list, Hello(), Tls.ServerHello()));

        static byte[] Name(string name) => [0, .. List16(Encoding.ASCII.GetBytes(name))];
        static byte[] List16(byte[] content) => [(byte)(content.Length >> 8), (byte)content.Length, .. content];
        static byte[] Hello(params byte[][] names) => Tls.Record(22, Tls.Message(1,
            [3, 3, .. new byte[32], 0, 0, 2, 0xc0, 0x2b, 1, 0, .. List16([.. names.SelectMany(one => (byte[])[0, 0, .. List16(one)])])]));
    }

    [Theory]
    [InlineData((ushort)0x0302, false)]
    [InlineData((ushort)0x0303, true)]
    [InlineData((ushort)0x0304, true)]
    public void Tls_is_allowed_from_the_version_that_the_server_may_choose_at_least(ushort chosen, bool allowed)
    {
        var list = List(tls: [new TlsAllowance([], TlsVersions.Tls12)]);
        var hello = Tls.ServerHello(chosen);
        if (chosen < 0x0303) (hello[9], hello[10]) = ((byte)(chosen >> 8), (byte)chosen);
        Assert.Equal(allowed, PassesTls(list, Tls.ClientHello("example.com", chosen), hello));
    }

    [Fact]
    public void Tls_is_allowed_by_what_kind_of_client_it_is()
    {
        var hello = Tls.ClientHello("example.com");
        var read = new TlsHello();
        read.Read(hello.AsSpan(9), isClient: true);
        var (ja3, ja4) = (Ja3.Hash(Ja3.Text(read, true)), Ja4.Of(read, isQuic: false));
        string other3 = new('0', 32), other4 = "t13d0000h2_000000000000_000000000000";
        foreach (var (allowed, of3, of4) in new (bool, string[], string[])[]
        {
            (true, [ja3], []), (true, [], [ja4]), (true, [ja3], [ja4]), (true, [other3, ja3], []),
            (false, [other3], []), (false, [], [other4]), (false, [ja3], [other4]),
        })
            Assert.Equal(allowed, PassesTls(List(tls: [new TlsAllowance([], 0) { Ja3 = [.. of3], Ja4 = [.. of4] }]), hello, Tls.ServerHello()));
        // The name and the kind have to be of one allowance.
        var two = List(tls: [new TlsAllowance([new NamePattern("example.com")], 0) { Ja3 = [other3] }, new TlsAllowance([new NamePattern("example.org")], 0) { Ja3 = [ja3] }]);
        Assert.False(PassesTls(two, hello, Tls.ServerHello()));
    }

    [Fact]
    public void A_hello_that_is_not_well_formed_is_of_no_kind()
    {
        var hello = Tls.ClientHello("example.com");
        hello[^1] ^= 0x55;
        hello[7]++;
        Assert.False(PassesTls(List(tls: [new TlsAllowance([], 0) { Ja3 = [new string('0', 32)] }]), hello, Tls.ServerHello()));
    }

    [Theory]
    [InlineData("example.com", true)]
    [InlineData("example.com.", true)]
    [InlineData("www.example.com", false)]
    public void Names_may_end_with_a_dot(string name, bool same) => Assert.Equal(same, new NamePattern("example.com").Matches(Encoding.ASCII.GetBytes(name)));

    private static bool PassesTls(AccessList list, byte[] client, byte[] server)
    {
        var talk = new Conversation();
        var replay = new Replay(list);
        replay.Feed(talk.Handshake()).Feed(talk.Send(Side.Client, client)).Feed(talk.Send(Side.Server, server));
        return replay.Drops.Count == 0;
    }

    private static bool Passes(AccessList list, string request, int pieceLength = 1460)
    {
        var (replay, sent) = Talk(list, request, pieceLength);
        // The last byte of a head makes a request of it.
        return replay.Drops.Count == 0 && sent == request;
    }

    private static (Replay Replay, string Sent) Talk(AccessList list, string bytes, int pieceLength = 1460, bool prevent = true)
    {
        var talk = new Conversation();
        var replay = new Replay(list, prevent);
        replay.Feed(talk.Handshake());
        var before = replay.Forwarded.Count;
        replay.Feed(talk.Send(Side.Client, bytes, pieceLength));
        var sent = string.Concat(replay.Forwarded.Skip(before).Where(frame => frame.Arrival == Interface.In).Select(frame => Encoding.Latin1.GetString(frame.Bytes.AsSpan(54))));
        return (replay, sent);
    }

    private static TextPattern Regex(string pattern) => TextPattern.TryRegex(pattern, new ManagedRegexEngine(), out var error) ?? throw new ArgumentException(error);

    private static HttpAllowance Http(string[] methods, string[] hosts, TextPattern[] paths, params HeaderPattern[] headers) =>
        new([.. methods], [.. hosts.Select(host => new NamePattern(host))], [.. paths], [.. headers]);

    private static AccessList List(
        HttpAllowance[]? http = null, TlsAllowance[]? tls = null, DnsAllowance[]? dns = null, AppProtocol[]? applications = null,
        DenialResponse response = DenialResponse.Respond) => new("shop", [.. http ?? []], [.. tls ?? []], [.. dns ?? []], [.. applications ?? []], response);
}
