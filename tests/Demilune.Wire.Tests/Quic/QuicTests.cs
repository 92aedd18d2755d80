using System.Text;
using CsCheck;
using Demilune.Wire.Quic;
using Demilune.Wire.Tests.Tls;
using Demilune.Wire.Tls;

namespace Demilune.Wire.Tests.Quic;

public sealed class QuicTests
{
    /// <summary>RFC 9001 appendix A: what the client called the server first.</summary>
    private static readonly byte[] s_destination = Convert.FromHexString("8394c8f03e515708");

    /// <summary>RFC 9001 §A.3: the server's first packet.</summary>
    private static readonly byte[] s_server = Convert.FromHexString(
        "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf73c3ec2493a1839b3dbcba3f6"
        + "ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc42158407dd074ee");

    [Fact]
    public void The_packet_of_the_RFC_is_opened()
    {
        Assert.Equal(Detection.Yes, QuicDetection.OfDatagram(s_server));
        Assert.True(QuicHeader.TryRead(s_server, out var header));
        Assert.Equal((QuicPacketType.Initial, QuicVersions.Version1, s_server.Length), (header.Type, header.Version, header.Length + header.ContentLength));
        using var keys = new QuicInitialKeys(header.Version, s_destination);
        var plain = new byte[s_server.Length];
        Assert.True(keys.TryOpen(fromClient: false, s_server, header.Length, plain, out var length));
        var frames = new Frames();
        Assert.True(QuicFrames.TryRead(plain.AsSpan(0, length), isGoogles: false, frames));
        var hello = new TlsHello();
        Assert.Equal(TlsHelloFaults.None, hello.Read(frames.Crypto.Contiguous[4..], isClient: false));
        Assert.Equal("771,4865,51-43", Ja3.Text(hello, isClient: false));
        Assert.False(keys.TryOpen(fromClient: true, s_server, header.Length, plain, out _));
    }

    [Fact]
    public void One_bit_changed_and_it_is_not_opened()
    {
        using var keys = new QuicInitialKeys(QuicVersions.Version1, s_destination);
        Gen.Int[1, (s_server.Length * 8) - 1].Sample(bit =>
        {
            var bytes = s_server.ToArray();
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            if (QuicHeader.TryRead(bytes, out var header) && header.Type == QuicPacketType.Initial)
                Assert.False(keys.TryOpen(fromClient: false, bytes.AsSpan(0, header.Length + header.ContentLength), header.Length, new byte[bytes.Length], out _));
        }, iter: 500, threads: 1);
    }

    [Fact]
    public void A_handshake_is_whole_whatever_the_order_of_its_pieces()
    {
        var hello = Hellos.Client();
        Gen.Select(Gen.Int[1, 40], Gen.Int[0, 10], Gen.Shuffle(Enumerable.Range(0, hello.Length).ToArray())).Sample((size, overlap, order) =>
        {
            var stream = new QuicCryptoStream();
            foreach (var index in order.Where(index => index * size < hello.Length))
            {
                var start = Math.Max(0, (index * size) - overlap);
                Assert.True(stream.TryAdd((ulong)start, hello.AsSpan(start, Math.Min(hello.Length, (index + 1) * size) - start)));
            }
            Assert.Equal(hello, stream.Contiguous.ToArray());
        }, iter: 300);
    }

    [Fact]
    public void The_first_copy_counts_and_there_is_an_end()
    {
        var stream = new QuicCryptoStream();
        Assert.True(stream.TryAdd(2, "cd"u8));
        Assert.True(stream.Contiguous.IsEmpty);
        Assert.True(stream.TryAdd(0, "abXXef"u8));
        Assert.Equal("abcdef", Encoding.ASCII.GetString(stream.Contiguous));
        Assert.False(stream.TryAdd(QuicCryptoStream.MaxBytes, "x"u8));
        Assert.False(stream.TryAdd(ulong.MaxValue >> 2, "x"u8));
    }

    [Fact]
    public void Googles_tags_are_read()
    {
        byte[] message = [.. "CHLO"u8, 2, 0, 0, 0, .. "SNI\0"u8, 3, 0, 0, 0, .. "UAID"u8, 5, 0, 0, 0, .. "a.bua"u8];
        var tags = new GoogleTags();
        Assert.True(tags.TryRead(message));
        Assert.Equal(["SNI", "UAID"], tags.Names);
        Assert.Equal("a.b", Encoding.ASCII.GetString(tags.ServerName));
        Assert.Equal("ua", Encoding.ASCII.GetString(tags.UserAgent));
        Assert.False(tags.TryRead(message.AsSpan(0, message.Length - 1)));
        Assert.Empty(tags.Names);
    }

    [Fact]
    public void What_is_not_QUIC_is_none()
    {
        Assert.Equal(Detection.No, QuicDetection.OfDatagram([0x40, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
        Assert.Equal(Detection.No, QuicDetection.OfDatagram([0xc0, 0, 0, 0, 9, 0, 0, 0, 0]));
        Assert.Equal(Detection.No, QuicDetection.OfDatagram("GET / HTTP/1.1"u8));
        Assert.Equal(Detection.No, QuicDetection.OfDatagram(s_server.AsSpan(0, 20)));
    }

    private sealed class Frames : IQuicFrames
    {
        public QuicCryptoStream Crypto { get; } = new();

        void IQuicFrames.Crypto(ulong offset, ReadOnlySpan<byte> bytes) => Assert.True(Crypto.TryAdd(offset, bytes));

        void IQuicFrames.Stream(ReadOnlySpan<byte> bytes) => Assert.Fail("there is no stream");
    }
}
