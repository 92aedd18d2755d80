using System.Text;
using CsCheck;
using Demilune.Wire.Lines;

namespace Demilune.Wire.Tests.Lines;

public sealed class LineReaderTests
{
    [Fact]
    public void A_line_that_is_too_long_is_cut_and_its_rest_left_out() => Assert.Equal(["abcdefgh!", "x", "y~"], Read("abcdefghijk\r\nx\r\ny\n", 3));

    private static readonly string[] s_pieces = ["a", "bcd", "\r\n", "\n", "\r", "efghijkl"];

    [Fact]
    public void The_same_lines_come_however_the_bytes_were_cut() =>
        Gen.Select(Gen.Int[0, s_pieces.Length - 1].Select(i => s_pieces[i]).Array[0, 12], Gen.Int[1, 7]).Sample((pieces, length) =>
            Assert.Equal(Read(string.Concat(pieces), int.MaxValue), Read(string.Concat(pieces), length)), iter: 3000);

    private static List<string> Read(string text, int pieceLength)
    {
        var reader = new LineReader(8);
        var lines = new List<string>();
        var bytes = Encoding.Latin1.GetBytes(text);
        for (var at = 0; at < bytes.Length; at += Math.Min(pieceLength, bytes.Length - at))
        {
            ReadOnlySpan<byte> piece = bytes.AsSpan(at, Math.Min(pieceLength, bytes.Length - at));
            while (reader.TryRead(ref piece, out var line)) lines.Add(Encoding.Latin1.GetString(line) + (reader.IsCut ? "!" : reader.IsBare ? "~" : ""));
        }
        return lines;
    }
}
