using System.Text;
using CsCheck;
using Demilune.Wire.Smtp;

namespace Demilune.Wire.Tests.Smtp;

public sealed class SmtpContentTests
{
    [Theory]
    [InlineData("a\r\n..b\r\n.\r\nQUIT", "a\r\n.b\r\n|QUIT")]
    [InlineData(".\r\nx", "|x")]
    [InlineData("a\r\n.b\r\n.\r\n", "a\r\nb\r\n|")]
    [InlineData("a\r\n.\n.\r\nx", "a\r\n|?.\r\nx")]
    [InlineData("a\n.\r\nMAIL FROM", "a\n|?MAIL FROM")]
    [InlineData("a\r\n.\r.\r\n", "a\r\n\r.\r\n")]
    public void A_dot_alone_ends_the_message_and_two_are_one(string sent, string read) => Assert.Equal(read, Read(sent, int.MaxValue));

    private static readonly string[] s_pieces = ["a", ".", "..", "\r\n", "\n", "\r", "b\r\n.\r\n"];

    [Fact]
    public void The_same_is_read_however_the_bytes_were_cut() =>
        Gen.Select(Gen.Int[0, s_pieces.Length - 1].Select(i => s_pieces[i]).Array[0, 12], Gen.Int[1, 5]).Sample((pieces, length) =>
            Assert.Equal(Read(string.Concat(pieces), int.MaxValue), Read(string.Concat(pieces), length)), iter: 3000);

    private static string Read(string text, int pieceLength)
    {
        var reader = new SmtpContentReader();
        reader.Begin();
        var read = new StringBuilder();
        var bytes = Encoding.Latin1.GetBytes(text);
        var isOver = false;
        for (var at = 0; at < bytes.Length; at += Math.Min(pieceLength, bytes.Length - at))
        {
            ReadOnlySpan<byte> piece = bytes.AsSpan(at, Math.Min(pieceLength, bytes.Length - at));
            while (!isOver && !piece.IsEmpty)
            {
                isOver = reader.TryEnd(ref piece, out var content);
                read.Append(Encoding.Latin1.GetString(content));
                if (isOver) read.Append(reader.IsEndAmbiguous ? "|?" : "|");
            }
            read.Append(Encoding.Latin1.GetString(piece));
        }
        return read.ToString();
    }
}
