using System.Buffers.Binary;
using CsCheck;
using Demilune.Node.Names;
using Demilune.Wire.Dns;

namespace Demilune.Node.Tests.Names;

public sealed class AnswerReaderTests
{
    private const ushort A = 1, Cname = 5, Aaaa = 28;
    private const byte Syn = 2, Ack = 16, Fin = 1;

    private static readonly byte[] Plain = HeldFrames.Answer("Api.Example.com", ("api.example.com", A, 60, HeldFrames.Address("192.0.2.1")));

    [Fact]
    public void A_datagram_is_learnt_from_and_passed_on()
    {
        Assert.Equal((HeldFate.PassOn, "api.example.com 192.0.2.1 60"), Read(new(), HeldFrames.Udp(Plain)));
        Assert.Equal((HeldFate.PassOn, "api.example.com 192.0.2.1 60"), Read(new(), HeldFrames.Udp(Plain, ipv6: true)));
    }

    [Fact]
    public void Aliases_are_followed_in_any_order_and_hold_as_long_as_the_shortest()
    {
        (string, ushort, uint, byte[])[] records =
        [
            ("c.example.net", A, 300, HeldFrames.Address("192.0.2.3")), ("b.example.net", Cname, 20, HeldFrames.Name("c.example.net")),
            ("a.example.com", Cname, 900, HeldFrames.Name("b.example.net")), ("c.example.net", Aaaa, 300, HeldFrames.Address("2001:db8::3")),
        ];
        Assert.Equal("a.example.com 192.0.2.3 20, 2001:db8::3 20", Read(new(), HeldFrames.Udp(HeldFrames.Answer("a.example.com", records))).Learnt);
    }

    [Fact]
    public void What_was_not_asked_for_is_not_learnt()
    {
        var answer = HeldFrames.Answer("a.example.com", ("www.bank.test", A, 60, HeldFrames.Address("192.0.2.9")), ("a.example.com", A, 60, HeldFrames.Address("192.0.2.1")));
        Assert.Equal("a.example.com 192.0.2.1 60", Read(new(), HeldFrames.Udp(answer)).Learnt);
        // A query, a failure, an address that would be another in the kernel's tables, aliases that go round.
        answer[2] = 0x01;
        Assert.Equal("", Read(new(), HeldFrames.Udp(answer)).Learnt);
        (answer[2], answer[3]) = (0x81, 0x83);
        Assert.Equal("", Read(new(), HeldFrames.Udp(answer)).Learnt);
        Assert.Equal("", Read(new(), HeldFrames.Udp(HeldFrames.Answer("a.example.com", ("a.example.com", Aaaa, 60, HeldFrames.Address("::ffff:192.0.2.1"))))).Learnt);
        Assert.Equal("", Read(new(), HeldFrames.Udp(HeldFrames.Answer("a.test", ("a.test", Cname, 60, HeldFrames.Name("b.test")), ("b.test", Cname, 60, HeldFrames.Name("a.test"))))).Learnt);
    }

    [Fact]
    public void However_a_stream_is_cut_repeated_and_shuffled_the_pod_gets_nothing_that_was_not_read() =>
        Gen.Select(Gen.Int[1, 60].Array[1, 20], Gen.Int[0, 3].Array[200], Gen.UInt).Sample((cuts, luck, start) =>
        {
            byte[] stream = [.. Framed(Plain), .. Framed(HeldFrames.Answer("b.test", ("b.test", A, 5, HeldFrames.Address("192.0.2.2"))))];
            AnswerReader reader = new();
            Read(reader, HeldFrames.Tcp(unchecked(start - 1), Syn | Ack, []));
            List<(int From, int To)> segments = [];
            for (var (at, i) = (0, 0); at < stream.Length; i++) segments.Add((at, at = Math.Min(stream.Length, at + cuts[i % cuts.Length])));
            // What a receiver has without gaps, and what was learnt by then.
            var (delivered, learnt, step) = (0, "", 0);
            while (delivered < stream.Length && step < 2_000)
            {
                var next = segments.FindIndex(segment => segment.To > delivered);
                var (from, to) = segments[Math.Clamp(next + luck[step++ % luck.Length] - 1, 0, segments.Count - 1)];
                if (step > 1_000) (from, to) = segments[next];       // the sender gives up being clever
                var (fate, said) = Read(reader, HeldFrames.Tcp(unchecked(start + (uint)from), Ack, stream.AsSpan(from..to)));
                learnt += said;
                Assert.Equal(from > delivered ? HeldFate.Drop : HeldFate.PassOn, fate);
                if (fate == HeldFate.PassOn) delivered = Math.Max(delivered, to);
                if (delivered >= Plain.Length + 2) Assert.StartsWith("api.example.com 192.0.2.1 60", learnt, StringComparison.Ordinal);
            }
            Assert.Equal("api.example.com 192.0.2.1 60b.test 192.0.2.2 5", learnt);
        }, iter: 300);

    [Fact]
    public void A_connection_that_began_unseen_is_passed_on_and_teaches_nothing()
    {
        AnswerReader reader = new();
        Assert.Equal((HeldFate.PassOn, ""), Read(reader, HeldFrames.Tcp(100, Ack, Framed(Plain))));
        Read(reader, HeldFrames.Tcp(99, Syn | Ack, []));
        Assert.Equal((HeldFate.PassOn, "api.example.com 192.0.2.1 60"), Read(reader, HeldFrames.Tcp(100, Ack | Fin, Framed(Plain))));
        Assert.Equal((HeldFate.PassOn, ""), Read(reader, HeldFrames.Tcp(100, Ack, Framed(Plain))));
    }

    [Fact]
    public void One_pod_has_few_connections_and_of_more_the_most_silent_is_forgotten()
    {
        AnswerReader reader = new();
        for (ushort port = 0; port <= AnswerStreams.MaxPerPod; port++) Read(reader, HeldFrames.Tcp(0, Syn | Ack, [], port));
        Assert.Equal("", Read(reader, HeldFrames.Tcp(1, Ack, Framed(Plain), 0)).Learnt);
        Assert.NotEqual("", Read(reader, HeldFrames.Tcp(1, Ack, Framed(Plain), 1)).Learnt);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_fragmented_answer_becomes_a_truncated_one_with_right_checksums(bool ipv6)
    {
        var frame = HeldFrames.Udp(Plain, ipv6, fragment: (ushort)(ipv6 ? 0x0001 : 0x2000));
        Assert.True(HeldFrame.TryView(frame, out var view));
        Assert.Equal(HeldFate.Replace, new AnswerReader().Read(view, frame, 0, [], out var replacement));
        Assert.True(HeldFrame.TryView(replacement, out var made));
        Assert.Equal((HeldFrames.Pod, false, (byte)17), (made.Pod, made.IsFragment, made.Protocol));
        DnsMessage message = new();
        Assert.True(message.TryRead(made.Transport[8..]));
        Assert.Equal((0x12, 0x8380, 1, 0), (message.Id >> 8, message.Flags, message.Questions.Count, message.Answers.Count));
        Assert.Equal(0xffff, Sum([.. made.Addresses, 0, 17, .. Big(made.Transport.Length), .. made.Transport]));
        if (!ipv6) Assert.Equal(0xffff, Sum(replacement.AsSpan(14, 20)));
        // Its tail, and any other protocol's fragments, go nowhere.
        var tail = HeldFrames.Udp(Plain, ipv6, fragment: (ushort)(ipv6 ? 0x0008 : 0x0001));
        Assert.Equal((HeldFate.Drop, ""), Read(new(), tail));
    }

    [Fact]
    public void No_bytes_make_it_throw() => Gen.Select(Gen.Byte.Array[0, 80], Gen.Bool, Gen.Bool, Gen.Int[0, 60]).Sample((noise, ipv6, tcp, flip) =>
    {
        var frame = HeldFrames.Frame(tcp ? (byte)6 : (byte)17, noise, ipv6, 0);
        if (flip < frame.Length - 14) frame[14 + flip] ^= 0x41;
        AnswerReader reader = new();
        for (var i = 0; i < 2; i++)
            if (HeldFrame.TryView(frame, out var view)) reader.Read(view, frame, i, [], out _);
    }, iter: 20_000);

    private static (HeldFate Fate, string Learnt) Read(AnswerReader reader, byte[] frame)
    {
        Assert.True(HeldFrame.TryView(frame, out var view));
        Assert.Equal(HeldFrames.Pod, view.Pod);
        List<NameAnswer> answers = [];
        var fate = reader.Read(view, frame, 0, answers, out _);
        return (fate, string.Concat(answers.Select(answer => $"{answer.Name} {string.Join(", ", answer.Addresses.Select(address => $"{address.Address} {address.Ttl}"))}")));
    }

    private static byte[] Framed(byte[] message) => [.. Big(message.Length), .. message];

    private static byte[] Big(int value) => [(byte)(value >> 8), (byte)value];

    private static int Sum(ReadOnlySpan<byte> bytes)
    {
        var sum = 0;
        for (var i = 0; i < bytes.Length; i += 2) sum += bytes[i] << 8 | (i + 1 < bytes.Length ? bytes[i + 1] : 0);
        while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
        return sum;
    }
}
