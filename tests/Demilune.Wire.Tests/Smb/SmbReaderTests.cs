using System.Text;
using CsCheck;
using Demilune.Wire.Smb;

namespace Demilune.Wire.Tests.Smb;

public sealed class SmbReaderTests
{
    [Fact]
    public void Data_of_a_write_goes_through() => Assert.Equal(["2:9", "data hello"], Read([.. SmbMessages.Frame(SmbMessages.Write("hello"))]));

    [Fact]
    public void A_length_that_says_more_than_there_is_is_not_believed() =>
        Assert.Equal(["2:9", "data hello", "2:13"], Read([.. SmbMessages.Frame(SmbMessages.Write("hello", 5000)), .. SmbMessages.Frame(SmbMessages.Message(13, [4, 0, 0, 0]))]));

    [Fact]
    public void What_is_behind_the_data_is_none() => Assert.Equal(["2:9", "data he", "2:13"],
        Read([.. SmbMessages.Frame(SmbMessages.Write("hello", 2)), .. SmbMessages.Frame(SmbMessages.Message(13, [4, 0, 0, 0]))]));

    [Fact]
    public void Messages_may_be_chained() => Assert.Equal(["2:13", "2:13", "2:9", "data x"],
        Read(SmbMessages.Frame(SmbMessages.Message(13, [4, 0, 0, 0, 0, 0, 0, 0], next: 72), SmbMessages.Message(13, [4, 0, 0, 0, 0, 0, 0, 0], next: 72), SmbMessages.Write("x"))));

    [Fact]
    public void Answers_to_reads_bring_data_too() => Assert.Equal(["2:8", "data 0123456789"], Read(SmbMessages.Frame(SmbMessages.ReadAnswer("0123456789")), isClient: false));

    [Fact]
    public void A_keep_alive_is_no_message() => Assert.Equal(["2:13"], Read([0x85, 0, 0, 0, .. SmbMessages.Frame(SmbMessages.Message(13, [4, 0]))]));

    [Fact]
    public void The_same_is_told_however_the_bytes_were_cut() =>
        Gen.Select(Gen.Int[0, s_frames.Length - 1].Select(i => s_frames[i]).Array[1, 6], Gen.Int[1, 70], Gen.Bool).Sample((frames, length, isClient) =>
        {
            var bytes = frames.SelectMany(frame => frame).ToArray();
            var whole = Read(bytes, isClient: isClient);
            Assert.Equal(whole, Read(bytes, 1, isClient));
            Assert.Equal(whole, Read(bytes, length, isClient));
        }, iter: 1000);

    [Fact]
    public void Any_bytes_end_without_a_throw() => Gen.Select(Gen.Byte.Array[0, 400], Gen.Bool).Sample((bytes, isClient) =>
    {
        Read(bytes, isClient: isClient);
        Read(SmbMessages.Frame([0xfe, .. "SMB"u8, .. bytes]), isClient: isClient);
    }, iter: 3000);

    private static readonly byte[][] s_frames =
    [
        SmbMessages.Frame(SmbMessages.Write("hello world")), SmbMessages.Frame(SmbMessages.Write("x", 1 << 20)), SmbMessages.Frame(SmbMessages.ReadAnswer("0123456789012345678901234567890123456789")),
        SmbMessages.Frame(SmbMessages.Message(13, [4, 0])), SmbMessages.Frame(SmbMessages.Message(13, [4, 0, 0, 0, 0, 0, 0, 0], next: 72), SmbMessages.Write("chained")),
        SmbMessages.Frame([0xff, .. "SMB"u8, .. new byte[40]]), SmbMessages.Frame([0xfd, .. "SMB"u8, .. new byte[90]]), [0x85, 0, 0, 0], [0x81, 0, 0, 4, 1, 2, 3, 4], SmbMessages.Frame([1, 2, 3]),
    ];

    private static List<string> Read(byte[] bytes, int pieceLength = int.MaxValue, bool isClient = true)
    {
        var recorder = new Recorder();
        var reader = new SmbReader(isClient);
        for (var at = 0; at < bytes.Length; at += Math.Min(pieceLength, bytes.Length - at))
            reader.Feed(bytes.AsSpan(at, Math.Min(pieceLength, bytes.Length - at)), recorder);
        return recorder.Lines;
    }

    private sealed class Recorder : ISmbEvents
    {
        private string _data = "";

        public List<string> Lines { get; } = [];

        public void Message2(ReadOnlySpan<byte> message, long dataLength)
        {
            _data = "";
            Lines.Add($"2:{new Smb2Header(message).Command}");
        }

        public void Data(ReadOnlySpan<byte> bytes, bool isLast)
        {
            _data += Encoding.Latin1.GetString(bytes);
            if (isLast) Lines.Add($"data {_data}");
        }

        public void Message1(ReadOnlySpan<byte> message) => Lines.Add($"1:{message[4]} {message.Length}");

        public void Opaque() => Lines.Add("opaque");

        public void Malformed() => Lines.Add("malformed");
    }
}
