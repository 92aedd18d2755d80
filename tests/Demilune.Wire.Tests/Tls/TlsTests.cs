using System.Text;
using CsCheck;
using Demilune.Wire.Tls;

namespace Demilune.Wire.Tests.Tls;

public sealed class TlsTests
{
    [Fact]
    public void A_client_hello_is_read()
    {
        var hello = new TlsHello();
        Assert.Equal(TlsHelloFaults.None, hello.Read(Hellos.Client().AsSpan(4), isClient: true));
        Assert.Equal("www.example.com", Encoding.ASCII.GetString(hello.ServerName));
        Assert.Equal((0x0303, 0x0304), (hello.LegacyVersion, hello.Version));
        Assert.Equal(Enumerable.Range(0, 32).Select(i => (byte)i), hello.Random.ToArray());
        Assert.True(hello.TryGetProtocol(1, out var protocol));
        Assert.Equal("http/1.1", Encoding.ASCII.GetString(protocol));
        Assert.False(hello.TryGetProtocol(2, out _));
    }

    [Fact]
    public void Fingerprints_leave_grease_out()
    {
        var hello = new TlsHello();
        hello.Read(Hellos.Client().AsSpan(4), isClient: true);
        Assert.Equal("771,4865-49195,0-10-11-13-16-43,29-23,0", Ja3.Text(hello, isClient: true));
        Assert.Equal("t13d0206h2", Ja4.Of(hello, isQuic: false).Split('_')[0]);
        hello.Read(Hellos.Server().AsSpan(4), isClient: false);
        Assert.Equal("771,49195,23", Ja3.Text(hello, isClient: false));
    }

    /// <summary>The example of JA3's own description.</summary>
    [Fact]
    public void The_hash_is_that_of_the_text() =>
        Assert.Equal("ada70206e40642a3e4461f35503241d5", Ja3.Hash("769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0"));

    [Theory]
    [InlineData("", TlsHelloFaults.ServerNameLength)]
    [InlineData(null, TlsHelloFaults.None)]
    public void A_name_that_is_none_is_told(string? name, object faults)
    {
        Assert.Equal(faults, new TlsHello().Read(Hellos.Client(name).AsSpan(4), isClient: true));
    }

    [Fact]
    public void The_first_of_two_names_counts_and_the_second_is_told()
    {
        var hello = new TlsHello();
        var second = Hellos.Extension(0, Hellos.Vector16([0, .. Hellos.Vector16("evil.example"u8.ToArray())]));
        Assert.Equal(TlsHelloFaults.ServerNames, hello.Read(Hellos.Client("good.example", second).AsSpan(4), isClient: true));
        Assert.Equal("good.example", Encoding.ASCII.GetString(hello.ServerName));
    }

    [Fact]
    public void However_it_is_cut_the_same_is_found()
    {
        var hello = Hellos.Client();
        byte[] stream =
        [
            .. Hellos.Record(22, hello[..3]), .. Hellos.Record(22, [.. hello[3..], .. Hellos.Message(16, new byte[40])]), .. Hellos.Record(20, 1),
            .. Hellos.Record(22, new byte[40]), .. Hellos.Record(23), .. Hellos.Record(24, 1, 0, 200, 9), .. Hellos.Record(23, new byte[1000]),
        ];
        var whole = Events(stream, [stream.Length]);
        Assert.Equal(
        [
            "record 769", "record 769", $"ClientHello {hello.Length - 4}", "ClientKeyExchange 40", "record 769", "ChangeCipherSpec 1 01", "record 769", "record 769",
            "ApplicationData 0 ", "record 769", "Heartbeat 4 0100C8", "record 769", "ApplicationData 1000 000000",
        ], whole);
        Gen.Int[1, 60].Array[1, 200].Sample(cuts => Assert.Equal(whole, Events(stream, cuts)), iter: 200);
    }

    [Fact]
    public void What_is_encrypted_is_no_message()
    {
        var events = Events([.. Hellos.Record(20, 1), .. Hellos.Record(22, Hellos.Client())], [1000]);
        Assert.DoesNotContain(events, text => text.StartsWith("ClientHello", StringComparison.Ordinal));
    }

    [Fact]
    public void A_message_that_is_too_long_is_skipped_and_what_follows_is_read()
    {
        var length = TlsReader.MaxMessage;
        var reader = new TlsReader();
        var log = new Log(reader);
        reader.Feed(Hellos.Record(22, 11, (byte)(length >> 16), (byte)(length >> 8), (byte)length), log);
        for (var sent = 0; sent < length; sent += 16384) reader.Feed(Hellos.Record(22, new byte[Math.Min(16384, length - sent)]), log);
        reader.Feed(Hellos.Record(22, Hellos.Client()), log);
        Assert.Equal(["fault MessageLength", $"ClientHello {Hellos.Client().Length - 4}"], log.Texts.Where(text => !text.StartsWith("record", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(new byte[] { 25, 3, 3, 0, 1, 0 }, TlsFault.RecordType)]
    [InlineData(new byte[] { 22, 4, 0, 0, 1, 0 }, TlsFault.RecordHeader)]
    [InlineData(new byte[] { 22, 3, 3, 0, 0, 0 }, TlsFault.RecordHeader)]
    [InlineData(new byte[] { 0x80, 0, 1, 0, 0, 0 }, TlsFault.Version2Header)]
    public void Behind_a_header_that_makes_no_sense_nothing_is_read(byte[] bytes, object fault)
    {
        var reader = new TlsReader();
        var log = new Log(reader);
        reader.Feed(bytes, log);
        Assert.True(reader.IsBroken);
        Assert.Equal($"fault {fault}", log.Texts[^1]);
    }

    [Fact]
    public void A_hello_of_version_2_is_recognised()
    {
        byte[] hello = [0x80, 12, 1, 3, 1, 0, 3, 0, 0, 0, 0, 7, 0, 192];
        Assert.Equal(Detection.Yes, TlsDetection.OfStream(fromClient: true, hello));
        Assert.Equal(["record 2", "version2 1 11"], Events(hello, [3]));
    }

    [Fact]
    public void What_is_not_TLS_is_none()
    {
        Assert.Equal(Detection.No, TlsDetection.OfStream(fromClient: true, "GET / HTTP/1.1\r\n"u8));
        Assert.Equal(Detection.No, TlsDetection.OfStream(fromClient: true, [23, 3, 3, 0, 1, 0]));
        Assert.Equal(Detection.No, TlsDetection.OfStream(fromClient: true, [22, 3, 9]));
        Assert.Equal(Detection.Incomplete, TlsDetection.OfStream(fromClient: true, [22, 3]));
        Assert.Equal(Detection.Yes, TlsDetection.OfStream(fromClient: false, Hellos.Record(22, Hellos.Server())));
        Assert.Equal(Detection.Yes, TlsDetection.OfStream(fromClient: false, [21, 3, 3, 0, 2, 2, 40]));
    }

    private static List<string> Events(ReadOnlySpan<byte> stream, int[] cuts)
    {
        var reader = new TlsReader();
        var log = new Log(reader);
        for (var i = 0; !stream.IsEmpty; i++)
        {
            var length = Math.Min(stream.Length, cuts[i % cuts.Length]);
            reader.Feed(stream[..length], log);
            stream = stream[length..];
        }
        return log.Texts;
    }

    private sealed class Log(TlsReader reader) : ITlsEvents
    {
        public List<string> Texts { get; } = [];

        public void Record(ushort version) => Texts.Add($"record {version}");

        public void Handshake(TlsHandshakeType type, ReadOnlySpan<byte> body) => Texts.Add($"{type} {body.Length}");

        public void Version2(byte type, ReadOnlySpan<byte> body) => Texts.Add($"version2 {type} {body.Length}");

        public void Other(TlsContentType type, int length, ReadOnlySpan<byte> start)
        {
            if (type == TlsContentType.ChangeCipherSpec) reader.IsEncrypted = true;
            Texts.Add($"{type} {length} {Convert.ToHexString(start)}");
        }

        public void Fault(TlsFault fault) => Texts.Add($"fault {fault}");
    }
}
