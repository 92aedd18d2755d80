using System.Buffers.Binary;
using System.Text;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Tests.Traffic;
using Demilune.Inspection.Verdicts;
using Demilune.Wire.Ip;

namespace Demilune.Inspection.Tests.Sessions;

public sealed class LdapTests
{
    private const string Rules = """
        alert ldap any any -> any any (ldap.request.operation:search_request; ldap.request.dn; content:"dc=example"; endswith; sid:1;)
        alert ldap any any -> any any (ldap.responses.operation:search_result_entry,1; sid:2;)
        alert ldap any any -> any any (ldap.responses.operation:search_result_done,-1; ldap.responses.count:3; sid:3;)
        alert ldap any any -> any any (ldap.request.operation:bind_request; ldap.responses.result_code:invalid_credentials; sid:4;)
        alert ldap any any -> any any (ldap.responses.attributes; content:"uid=admin"; ldap.responses.dn; content:"ou=People"; sid:5;)
        alert ldap any any -> any any (ldap.request.attribute_type; content:"userPassword"; sid:6;)
        alert ldap any any -> any any (ldap.responses.operation:search_result_entry,all; sid:7;)
        alert ldap any any -> any any (ldap.responses.message; content:"no such user"; sid:8;)
        """;

    [Fact]
    public void Requests_are_told_with_all_their_answers_however_they_are_cut()
    {
        var replay = Cuts.Same(Rules,
            (Side.Client, Message(1, 0x60, [.. Number(3), .. Text("cn=me"), .. Element(0x80, "secret"u8)])),
            (Side.Server, Message(1, 0x61, Result(49, "", "no such user"))),
            (Side.Client, [
                .. Message(2, 0x63, [.. Text("dc=example"), .. Enumerated(2), .. Enumerated(0), .. Number(10), .. Number(0), .. Element(1, [0]), .. Element(0x87, "objectClass"u8), .. Element(0x30, [.. Text("uid"), .. Text("cn")])]),
                .. Message(3, 0x66, [.. Text("uid=a"), .. Element(0x30, Element(0x30, [.. Enumerated(2), .. Attribute("userPassword", "x")]))])]),
            (Side.Server, [
                .. Message(2, 0x64, [.. Text("uid=admin,ou=People"), .. Element(0x30, [.. Attribute("uid", "admin", "root")])]), .. Message(3, 0x67, Result(0)),
                .. Message(2, 0x64, [.. Text("uid=b"), .. Element(0x30, [])]), .. Message(2, 0x65, Result(0))]),
            (Side.Client, Message(4, 0x42, [])));
        Assert.Equal([4u, 8u, 1u, 6u, 5u, 2u, 3u], replay.Alerts);
        Assert.Equal(
            [
                """ldap 0 {"request":{"message_id":1,"operation":"bind_request","bind_request":{"version":3,"name":"cn=me"}},"responses":[{"operation":"bind_response","bind_response":{"result_code":"invalid_credentials","matched_dn":"","message":"no such user"}}]}""",
                """ldap 2 {"request":{"message_id":3,"operation":"modify_request","modify_request":{"object":"uid=a","changes":[{"operation":"replace","modification":{"attribute_type":"userPassword","attribute_values":["x"]}}]}},"responses":[{"operation":"modify_response","modify_response":{"result_code":"success","matched_dn":"","message":""}}]}""",
                """ldap 1 {"request":{"message_id":2,"operation":"search_request","search_request":{"base_object":"dc=example","scope":2,"deref_alias":0,"size_limit":10,"time_limit":0,"types_only":false,"filter":{"type":"present","value":"objectClass"},"attributes":["uid","cn"]}},"responses":[{"operation":"search_result_entry","search_result_entry":{"base_object":"uid=admin,ou=People","attributes":[{"type":"uid","values":["admin","root"]}]}},{"operation":"search_result_entry","search_result_entry":{"base_object":"uid=b"}},{"operation":"search_result_done","search_result_done":{"result_code":"success","matched_dn":"","message":""}}]}""",
                """ldap 3 {"request":{"message_id":4,"operation":"unbind_request"}}""",
            ], replay.Records);
        Assert.Empty(replay.Anomalies);
    }

    [Fact]
    public void Lengths_of_four_bytes_are_read()
    {
        byte[] body = [2, 1, 7, 0x63, 0x84, 0, 0, 0, 32, .. Text("dc=example"), .. Enumerated(2), .. Enumerated(0), .. Number(0), .. Number(0), .. Element(1, [0]), .. Element(0x87, "a"u8), 0x30, 0];
        body[8] = (byte)(body.Length - 9);
        Assert.Equal([1u], Cuts.Same(Rules, (Side.Client, [0x30, 0x84, 0, 0, 0, (byte)body.Length, .. body])).Alerts);
    }

    [Fact]
    public void A_datagram_may_hold_several_messages()
    {
        var replay = new Replay(Rules)
            .Feed([Datagram(Side.Client, Message(2, 0x4a, [.. "x"u8])), Datagram(Side.Server, [.. Message(2, 0x64, [.. Text("uid=a,ou=People"), .. Element(0x30, Attribute("uid", "admin"))]), .. Message(2, 0x65, Result(0, "", "no such user"))])]);
        Assert.Equal([5u, 8u], replay.Alerts);
        Assert.Single(replay.Records);
    }

    [Fact]
    public void A_datagram_that_is_cut_is_not_let_through()
    {
        var replay = new Replay(Rules).Feed([Datagram(Side.Client, Message(2, 0x4a, [.. "x"u8])), Datagram(Side.Client, Message(2, 0x4a, [.. "xyz"u8])[..^1])]);
        Assert.Equal(["ldap.incomplete_data"], replay.Anomalies);
        Assert.Equal([DropReason.Ambiguous], replay.Drops);
    }

    [Fact]
    public void An_attack_is_blocked()
    {
        var talk = new Conversation();
        var replay = new Replay("""drop ldap any any -> any any (ldap.request.dn; content:"cn=admin"; sid:1;)""").Feed(talk.Handshake()).Feed(talk.Send(Side.Client, Message(9, 0x4a, [.. "cn=admin"u8]), pieceLength: 4));
        Assert.Equal([1u], replay.Alerts);
        Assert.Equal([DropReason.Rules], replay.Drops);
    }

    [Fact]
    public void Behind_StartTLS_TLS_is_found()
    {
        var replay = Cuts.Same("""alert tls any any -> any any (tls.sni; content:"evil"; sid:1;)""",
            (Side.Client, Message(1, 0x77, Element(0x80, "1.3.6.1.4.1.1466.20037"u8))), (Side.Server, Message(1, 0x78, Result(0))), (Side.Client, Tls.ClientHello("evil.example")));
        Assert.Equal([1u], replay.Alerts);
        Assert.Contains("\"operation\":\"extended_request\"", replay.Records[0], StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_sealed_after_a_login_is_let_through_and_not_read()
    {
        var replay = Cuts.Same("",
            (Side.Client, Message(1, 0x60, [.. Number(3), .. Text(""), .. Element(0xa3, Text("GSSAPI"))])), (Side.Server, Message(1, 0x61, Result(0))),
            (Side.Client, [0, 0, 0, 20, 5, 4, 6, 255, .. new byte[16]]), (Side.Server, [0, 0, 0, 20, 5, 4, 7, 255, .. new byte[16]]));
        Assert.Single(replay.Records);
        Assert.Empty(replay.Anomalies);
        Assert.Empty(replay.Drops);
    }

    [Fact]
    public void Bytes_that_are_no_message_are_not_let_through()
    {
        var talk = new Conversation();
        var replay = new Replay("").Feed(talk.Handshake()).Feed(talk.Send(Side.Client, Message(1, 0x42, []))).Feed(talk.Send(Side.Client, "hello"));
        Assert.Equal(["ldap.invalid_data"], replay.Anomalies);
        Assert.Equal([DropReason.Ambiguous], replay.Drops);
    }

    [Fact]
    public void An_entry_without_end_goes_by_and_what_follows_is_read()
    {
        var large = Message(2, 0x64, [.. Text("uid=a"), .. Element(0x30, Attribute("photo", new string('x', 300_000)))]);
        var replay = Cuts.Same(Rules, (Side.Client, Message(2, 0x4a, [.. "x"u8])), (Side.Server, [.. large, .. Message(2, 0x65, Result(49, "", "no such user"))]));
        Assert.Equal([8u], replay.Alerts);
        Assert.Contains("\"base_object\":\"uid=a\"", Assert.Single(replay.Records), StringComparison.Ordinal);
        Assert.Empty(replay.Anomalies);
    }

    private static Sent Datagram(Side from, byte[] payload)
    {
        var (isClient, udp) = (from == Side.Client, new byte[8 + payload.Length]);
        BinaryPrimitives.WriteUInt16BigEndian(udp, isClient ? (ushort)40_000 : (ushort)389);
        BinaryPrimitives.WriteUInt16BigEndian(udp.AsSpan(2), isClient ? (ushort)389 : (ushort)40_000);
        BinaryPrimitives.WriteUInt16BigEndian(udp.AsSpan(4), (ushort)udp.Length);
        payload.CopyTo(udp.AsSpan(8));
        var (source, destination) = isClient ? (Conversation.ClientV4, Conversation.ServerV4) : (Conversation.ServerV4, Conversation.ClientV4);
        return new(isClient ? Interface.In : Interface.Out, Packets.Frame(source, destination, IpProtocol.Udp, udp));
    }

    private static byte[] Message(int id, byte operation, byte[] content) => Element(0x30, [.. Number(id), .. Element(operation, content)]);

    private static byte[] Result(int code, string name = "", string text = "") => [.. Enumerated(code), .. Text(name), .. Text(text)];

    private static byte[] Attribute(string type, params string[] values) => Element(0x30, [.. Text(type), .. Element(0x31, [.. values.SelectMany(Text)])]);

    private static byte[] Text(string text) => Element(4, Encoding.ASCII.GetBytes(text));

    private static byte[] Number(int number) => Element(2, [(byte)number]);

    private static byte[] Enumerated(int number) => Element(10, [(byte)number]);

    private static byte[] Element(byte tag, ReadOnlySpan<byte> content) => content.Length switch
    {
        < 128 => [tag, (byte)content.Length, .. content],
        <= ushort.MaxValue => [tag, 0x82, (byte)(content.Length >> 8), (byte)content.Length, .. content],
        _ => [tag, 0x83, (byte)(content.Length >> 16), (byte)(content.Length >> 8), (byte)content.Length, .. content],
    };
}
