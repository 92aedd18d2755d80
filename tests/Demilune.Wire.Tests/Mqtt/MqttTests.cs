using System.Text;
using CsCheck;
using Demilune.Wire.Mqtt;

namespace Demilune.Wire.Tests.Mqtt;

public sealed class MqttTests
{
    /// <summary>MQTT 5: user "u", password "p", will, receive maximum 20, a user property.</summary>
    private static readonly byte[] s_connect =
    [
        0x10, 0x2d, 0, 4, .. "MQTT"u8, 5, 0xc6, 0, 60, 12, 0x21, 0, 20, 0x26, 0, 1, .. "k"u8, 0, 3, .. "val"u8,
        0, 2, .. "id"u8, 0, 0, 2, .. "wt"u8, 0, 3, .. "wm!"u8, 0, 1, .. "u"u8, 0, 1, .. "p"u8,
    ];

    private static readonly byte[] s_publish = [0x32, 10, 0, 3, .. "a/b"u8, 0, 7, .. "hey"u8];

    [Fact]
    public void A_connect_is_read_with_its_properties_and_its_will()
    {
        var packet = new MqttPacket();
        Assert.True(packet.TryRead(Sized(s_connect), 0, 0));
        Assert.Equal((MqttType.Connect, (byte)5, (byte)0xc6), (packet.Type, packet.ProtocolVersion, packet.ConnectFlags));
        Assert.Equal(["MQTT", "id", "wt", "wm!", "u", "p"],
            new[] { packet.ProtocolName, packet.ClientId, packet.WillTopic, packet.WillMessage, packet.Username, packet.Password }.Select(field => Text(packet, field)));
        Assert.Equal([(33, 20u), (38, 0u)], packet.Properties.Select(property => (property.Id, property.Number)));
        Assert.Equal("k=val", $"{Text(packet, packet.Properties[1].Key)}={Text(packet, packet.Properties[1].Text)}");
    }

    [Fact]
    public void A_publish_has_a_number_only_if_it_is_to_be_answered()
    {
        var packet = new MqttPacket();
        Assert.True(packet.TryRead(s_publish, 0, 4));
        Assert.Equal(("a/b", 7, "hey"), (Text(packet, packet.Topic), packet.MessageId, Text(packet, packet.Message)));
        Assert.True(packet.TryRead([0x30, .. s_publish.AsSpan(1)], 0, 4));
        Assert.Equal((-1, "\0\u0007hey"), (packet.MessageId, Text(packet, packet.Message)));
    }

    [Theory]
    [InlineData("100a00044d5154540402003c")]            // CONNECT without a client id
    [InlineData("320300056161")]                        // a topic longer than its packet
    [InlineData("20050000ffffff7f")]                    // properties longer than theirs
    [InlineData("820401020009")]                        // SUBSCRIBE with half a topic
    public void What_does_not_fit_is_malformed(string hex) => Assert.False(new MqttPacket().TryRead(Convert.FromHexString(hex), 0, 5));

    [Fact]
    public void A_packet_that_is_too_long_is_told_and_passed_over()
    {
        var reader = new MqttStreamReader();
        byte[] stream = [0x30, 0xff, 0xff, 0xff, 0x01, .. new byte[0x3fffff], .. s_publish];
        ReadOnlySpan<byte> rest = stream;
        Assert.True(reader.TryRead(ref rest, out var head, out var skipped));
        Assert.Equal((5, 0x3fffff), (head.Length, skipped));
        Assert.True(reader.TryRead(ref rest, out var next, out skipped));
        Assert.Equal(s_publish, next.ToArray());
        Assert.Equal(0, skipped);
    }

    [Fact]
    public void A_length_of_five_bytes_breaks_the_stream()
    {
        var reader = new MqttStreamReader();
        ReadOnlySpan<byte> rest = [0x30, 0x80, 0x80, 0x80, 0x80, 1];
        Assert.False(reader.TryRead(ref rest, out _, out _));
        Assert.True(reader.IsBroken);
    }

    [Fact]
    public void How_a_stream_is_cut_changes_nothing()
    {
        byte[] stream = [.. Sized(s_connect), .. s_publish, 0xc0, 0, .. s_publish];
        var whole = Packets(stream, stream.Length);
        Assert.Equal(4, whole.Count);
        Gen.Int[1, stream.Length].Sample(piece => Assert.Equal(whole, Packets(stream, piece)));
    }

    [Fact]
    public void Only_a_connect_that_names_the_protocol_is_recognised_anywhere()
    {
        for (var length = 1; length < 8; length++) Assert.Equal(Detection.Incomplete, MqttDetection.OfClient(s_connect.AsSpan(0, length)));
        Assert.Equal(Detection.Yes, MqttDetection.OfClient(s_connect));
        Assert.Equal(Detection.No, MqttDetection.OfClient(s_publish));
        Assert.Equal(Detection.Yes, MqttDetection.OfAny(s_publish));
        Assert.Equal(Detection.No, MqttDetection.OfClient("\x10\x20 HTTP/1.1"u8));
    }

    private static byte[] Sized(byte[] packet)
    {
        var sized = packet.ToArray();
        sized[1] = (byte)(packet.Length - 2);
        return sized;
    }

    private static List<string> Packets(byte[] stream, int piece)
    {
        var (reader, found) = (new MqttStreamReader(), new List<string>());
        foreach (var chunk in stream.Chunk(piece))
        {
            ReadOnlySpan<byte> rest = chunk;
            while (reader.TryRead(ref rest, out var packet, out _)) found.Add(Convert.ToHexString(packet));
        }
        return found;
    }

    private static string Text(MqttPacket packet, MqttField field) => Encoding.Latin1.GetString(packet[field]);
}
