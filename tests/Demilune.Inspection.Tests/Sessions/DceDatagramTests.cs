using Demilune.Inspection.Frames;
using Demilune.Inspection.Tests.Traffic;

namespace Demilune.Inspection.Tests.Sessions;

/// <summary>DCE/RPC without a connection: interface, operation and arguments are in the datagrams.</summary>
public sealed class DceDatagramTests
{
    private static readonly Guid s_mapper = new("e1af8308-5d1f-11c9-91a4-08002b14a0fa");
    private static readonly Guid s_activity = new("00112233-4455-6677-8899-aabbccddeeff");

    [Theory]
    [InlineData("dcerpc.iface:e1af8308-5d1f-11c9-91a4-08002b14a0fa;", true)]
    [InlineData("dcerpc.iface:e1af8308-5d1f-11c9-91a4-08002b14a0fa,=3;", true)]
    [InlineData("dcerpc.iface:367abb81-9844-35f1-ad32-98f038001003;", false)]
    [InlineData("dcerpc.opnum:2,7-9;", true)]
    [InlineData("dcerpc.opnum:3;", false)]
    [InlineData("dcerpc.stub_data; content:\"map\"; startswith;", true)]
    [InlineData("dcerpc.stub_data; byte_test:2,=,513,3,dce;", true)]
    [InlineData("dcerpc.stub_data; byte_test:2,=,258,3,dce;", false)]
    public void A_rule_may_ask_of_a_call_whoever_counts_in_which_order(string options, bool matches)
    {
        foreach (var isLittle in (bool[])[true, false])
        {
            var replay = Play($"alert dcerpc any any -> any any (flow:to_server; {options} sid:1;)",
                (Side.Client, Message(isLittle, 0, 1, [.. "map"u8, .. Number(isLittle, 513)])), (Side.Server, Message(isLittle, 2, 1, [1, 2, 3])));
            Assert.Equal(matches ? [1u] : [], replay.Alerts);
            Assert.Equal(
                [
                    """
                    dcerpc 0 {"request":"REQUEST","req":{"opnum":7,"frag_cnt":1,"stub_data_size":5},"response":"RESPONSE","res":{"frag_cnt":1,"stub_data_size":3},"activityuuid":"00112233-4455-6677-8899-aabbccddeeff","seqnum":1,"rpc_version":"4.0"}
                    """.Trim(),
                ], replay.Records);
        }
    }

    [Fact]
    public void Arguments_in_several_fragments_are_one_and_those_of_another_call_are_not_among_them()
    {
        var replay = Play("alert dcerpc any any -> any any (dcerpc.stub_data; content:\"evil\"; sid:1;)",
            (Side.Client, Message(true, 0, 1, "ev"u8, fragment: 0, flags: 4)), (Side.Client, Message(true, 0, 2, "no"u8)), (Side.Client, Message(true, 0, 1, "il"u8, fragment: 1, flags: 6)));
        Assert.Equal([1u], replay.Alerts);
    }

    [Fact]
    public void A_request_that_comes_again_is_judged_again()
    {
        var replay = Play("alert dcerpc any any -> any any (dcerpc.stub_data; content:\"evil\"; startswith; sid:1;)",
            (Side.Client, Message(true, 0, 1, "good"u8)), (Side.Client, Message(true, 0, 1, "evil"u8)));
        Assert.Equal([1u], replay.Alerts);
    }

    private static Replay Play(string rule, params (Side From, byte[] Bytes)[] datagrams)
    {
        var replay = new Replay(rule, prevent: false, options: new() { VerifyChecksums = false });
        foreach (var (from, bytes) in datagrams)
        {
            byte[] udp = [.. Port(from == Side.Client ? 40_000 : 1025), .. Port(from == Side.Client ? 1025 : 40_000), .. Port(8 + bytes.Length), 0, 0, .. bytes];
            var (source, destination) = from == Side.Client ? (Conversation.ClientV4, Conversation.ServerV4) : (Conversation.ServerV4, Conversation.ClientV4);
            replay.Feed(new Sent(from == Side.Client ? Interface.In : Interface.Out, Packets.Frame(source, destination, 17, udp)));
        }
        return replay;
    }

    private static byte[] Message(bool isLittle, byte type, int sequence, ReadOnlySpan<byte> stub, int fragment = 0, byte flags = 0) =>
    [
        4, type, flags, 0, (byte)(isLittle ? 0x10 : 0), 0, 0, 0, .. new byte[16], .. s_mapper.ToByteArray(bigEndian: !isLittle), .. s_activity.ToByteArray(bigEndian: !isLittle),
        0, 0, 0, 0, .. Wide(isLittle, 3), .. Wide(isLittle, sequence), .. Number(isLittle, 7), 0xff, 0xff, 0xff, 0xff, .. Number(isLittle, stub.Length), .. Number(isLittle, fragment), 0, 0,
        .. stub,
    ];

    private static byte[] Number(bool isLittle, int number) => isLittle ? [(byte)number, (byte)(number >> 8)] : [(byte)(number >> 8), (byte)number];
    private static byte[] Wide(bool isLittle, int number) => isLittle ? [.. Number(true, number), 0, 0] : [0, 0, .. Number(false, number)];
    private static byte[] Port(int number) => Number(false, number);
}
