using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Demilune.Wire.Ssh;

namespace Demilune.Wire.Tests.Ssh;

public sealed class SshTests
{
    private static readonly byte[] s_init = [.. new byte[16], .. List("kex"), .. List("key"), .. List("c1"), .. List("c2"), .. List("m1"), .. List("m2"), .. List("z1"), .. List("z2"), .. List(""), .. List(""), 0, 0, 0, 0, 0];

    private static readonly byte[] s_stream = [.. "SSH-2.0-Server_1.0 a comment\r\n"u8, .. Packet(20, s_init), .. Packet(30, new byte[40]), .. Packet(21, []), .. new byte[300]];

    [Fact]
    public void However_it_is_cut_the_same_is_found()
    {
        var whole = Events(s_stream, [s_stream.Length]);
        Assert.Equal(["banner 2.0 Server_1.0", "kex;c1;m1;z1 kex;c2;m2;z2", "new keys"], whole);
        Gen.Int[1, 40].Array[1, 100].Sample(cuts => Assert.Equal(whole, Events(s_stream, cuts)), iter: 200);
    }

    [Theory]
    [InlineData("SSH-2.0\r\n", "Banner")]
    [InlineData("HELO\r\n", "Banner")]
    [InlineData("SSH-2.0-x\r\n\u0000\u0000\u0000\u0001\u0000\u0014", "Packet")]
    [InlineData("SSH-2.0-x\r\n\u007f\u0000\u0000\u0001\u0000\u0014", "Packet")]
    public void What_makes_no_sense_is_told_once_and_ends_it(string text, string fault) =>
        Assert.Equal($"fault {fault}", Events([.. Encoding.Latin1.GetBytes(text), .. s_stream], [1000])[^1]);

    [Fact]
    public void A_version_without_an_end_is_cut_and_told()
    {
        var events = Events([.. "SSH-2.0-"u8, .. Enumerable.Repeat((byte)'x', 400), (byte)'\n', .. Packet(21, [])], [1000]);
        Assert.Equal(["fault LongBanner", $"banner 2.0 {new string('x', 248)}", "new keys"], events);
    }

    private static byte[] List(string text) => [0, 0, 0, (byte)text.Length, .. Encoding.ASCII.GetBytes(text)];

    private static byte[] Packet(byte kind, byte[] content)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, content.Length + 2 + 4);
        return [.. length, 4, kind, .. content, 0, 0, 0, 0];
    }

    private static List<string> Events(ReadOnlySpan<byte> stream, int[] cuts)
    {
        var log = new Log();
        for (var i = 0; !stream.IsEmpty; i++)
        {
            var length = Math.Min(stream.Length, cuts[i % cuts.Length]);
            log.Reader.Feed(stream[..length], log);
            stream = stream[length..];
        }
        return log.Texts;
    }

    private sealed class Log : ISshEvents
    {
        public SshReader Reader { get; } = new();
        public List<string> Texts { get; } = [];

        public void Banner() => Texts.Add($"banner {Encoding.Latin1.GetString(Reader.ProtocolVersion)} {Encoding.Latin1.GetString(Reader.SoftwareVersion)}");

        public void Algorithms(ReadOnlySpan<byte> message)
        {
            Assert.True(Hassh.TryText(message, isClient: true, out var client));
            Assert.True(Hassh.TryText(message, isClient: false, out var server));
            Texts.Add($"{Encoding.ASCII.GetString(client)} {Encoding.ASCII.GetString(server)}");
        }

        public void NewKeys() => Texts.Add("new keys");

        public void Fault(SshFault fault) => Texts.Add($"fault {fault}");
    }
}
