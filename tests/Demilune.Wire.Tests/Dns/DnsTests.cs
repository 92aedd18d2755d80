using System.Text;
using CsCheck;
using Demilune.Wire.Dns;

namespace Demilune.Wire.Tests.Dns;

public sealed class DnsTests
{
    /// <summary>id 1, a query for www.example.com A IN.</summary>
    private static readonly byte[] s_query = [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. "\u0003www\u0007example\u0003com\0"u8, 0, 1, 0, 1];

    /// <summary>Its answer: a CNAME to web.example.com, and that one's address, all names compressed; the authority is example.com's SOA.</summary>
    private static readonly byte[] s_answer =
    [
        0, 1, 0x81, 0x80, 0, 1, 0, 2, 0, 1, 0, 0, .. "\u0003www\u0007example\u0003com\0"u8, 0, 1, 0, 1,
        0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 9, 0, 6, .. "\u0003web"u8, 0xc0, 16,
        0xc0, 45, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4, 192, 0, 2, 7,
        0xc0, 16, 0, 2, 0, 1, 0, 0, 0, 1, 0, 2, 0xc0, 45,
    ];

    [Fact]
    public void A_query_has_its_question()
    {
        var message = new DnsMessage();
        Assert.True(message.TryRead(s_query));
        Assert.Equal((1, 0x100, false), (message.Id, message.Flags, message.IsResponse));
        var question = Assert.Single(message.Questions);
        Assert.Equal("www.example.com", Encoding.ASCII.GetString(message.Name(question)));
        Assert.Equal((DnsType.A, 1), (question.Type, (int)question.Class));
    }

    [Fact]
    public void Compressed_names_are_whole_in_owners_and_in_data()
    {
        var message = new DnsMessage();
        Assert.True(message.TryRead(s_answer));
        Assert.Equal(["www.example.com", "web.example.com"], message.Answers.Select(record => Encoding.ASCII.GetString(message.Name(record))));
        Assert.Equal([9u, 256u], message.Answers.Select(record => record.Ttl));
        Span<byte> name = stackalloc byte[DnsName.MaxLength];
        var offset = 0;
        Assert.True(message.TryReadName(message.Answers[0], ref offset, name, out var length));
        Assert.Equal("web.example.com", Encoding.ASCII.GetString(name[..length]));
        Assert.Equal(6, offset);
        Assert.Equal([192, 0, 2, 7], message.Data(message.Answers[1]).ToArray());
        Assert.Equal("example.com", Encoding.ASCII.GetString(message.Name(Assert.Single(message.Authorities))));
    }

    [Theory]
    [InlineData(new byte[] { 0xc0, 12 })]                    // to itself
    [InlineData(new byte[] { 1, (byte)'a', 0xc0, 14 })]      // forwards
    [InlineData(new byte[] { 0x40, 0 })]                     // a kind of label that RFC 6891 §5 took back
    [InlineData(new byte[] { 5, (byte)'a' })]                // longer than the message
    [InlineData(new byte[] { 1, (byte)'a' })]                // without an end
    [InlineData(new byte[] { 0xc0 })]
    public void A_name_that_leads_nowhere_is_no_name(byte[] name)
    {
        byte[] message = [.. s_query.AsSpan(0, 12), .. name];
        var offset = 12;
        Assert.False(DnsName.TryRead(message, ref offset, new byte[DnsName.MaxLength], out _));
    }

    [Fact]
    public void A_name_is_no_longer_than_the_RFC_lets_it_be()
    {
        byte[] label = [63, .. Enumerable.Repeat((byte)'a', 63)];
        byte[] message = [.. s_query.AsSpan(0, 12), .. label, .. label, .. label, .. label, 0];
        var offset = 12;
        Assert.False(DnsName.TryRead(message, ref offset, new byte[DnsName.MaxLength], out _));
    }

    [Fact]
    public void Of_a_message_that_is_cut_the_beginning_is_kept()
    {
        var message = new DnsMessage();
        for (var length = 0; length < s_answer.Length; length++) Assert.False(message.TryRead(s_answer.AsSpan(0, length)));
        Assert.Equal(2, message.Answers.Count);
    }

    [Fact]
    public void Over_TCP_the_same_messages_come_however_the_bytes_were_cut()
    {
        byte[] stream = [0, (byte)s_query.Length, .. s_query, 0, 0, 0, (byte)s_answer.Length, .. s_answer, 0, 9];
        foreach (var pieceLength in (int[])[1, 2, 3, 7, 40, 1000])
        {
            var reader = new DnsStreamReader();
            var lengths = new List<int>();
            for (var start = 0; start < stream.Length; start += pieceLength)
            {
                ReadOnlySpan<byte> piece = stream.AsSpan(start, Math.Min(pieceLength, stream.Length - start));
                while (reader.TryRead(ref piece, out var message)) lengths.Add(message.Length);
                Assert.True(piece.IsEmpty);
            }
            Assert.Equal([s_query.Length, 0, s_answer.Length], lengths);
        }
    }

    [Fact]
    public void It_is_recognised_by_what_it_says()
    {
        Assert.Equal(Detection.Yes, DnsDetection.OfDatagram(s_query));
        Assert.Equal(Detection.Yes, DnsDetection.OfDatagram(s_answer));
        Assert.Equal(Detection.No, DnsDetection.OfDatagram("GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8));
        Assert.Equal(Detection.No, DnsDetection.OfStream("GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8));
        byte[] stream = [0, (byte)s_query.Length, .. s_query];
        Assert.Equal(Detection.Yes, DnsDetection.OfStream(stream));
        for (var length = 0; length < stream.Length; length++) Assert.NotEqual(Detection.No, DnsDetection.OfStream(stream.AsSpan(0, length)));
    }

    [Fact]
    public void No_bytes_make_it_throw() => Gen.Byte.Array[0, 200].Sample(bytes =>
    {
        var message = new DnsMessage();
        byte[] mutated = [.. s_answer.AsSpan(0, Math.Min(bytes.Length, s_answer.Length)), .. bytes];
        message.TryRead(mutated);
        Span<byte> name = stackalloc byte[DnsName.MaxLength];
        foreach (var record in message.Answers)
        {
            var offset = 0;
            message.TryReadName(record, ref offset, name, out _);
        }
        DnsDetection.OfDatagram(mutated);
        DnsDetection.OfStream(mutated);
    });
}
