using System.Text;
using CsCheck;

namespace Demilune.Wire.Tests.Http1;

public class CuttingLawTests
{
    private static readonly string[] s_pieces =
    [
        "GET /a?b=c HTTP/1.1\r\n", "POST /x HTTP/1.1\r\n", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 101 S\r\n", "HTTP/1.1 100 C\r\n", "Host: h\r\n", "Content-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\n", "X: y\r\n z\r\n", "\r\n", "\n", "hello", "5\r\nhello\r\n", "3;x=y\r\nabc\r\n", "0\r\n\r\n", "0\r\nT: v\r\n\r\n", "GET /\r\n", "A b: c\r\n", "\r", "\0", ": v\r\n",
    ];

    /// <summary>Whole messages out of plausible pieces reach every state; random bytes would not get past the first line.</summary>
    [Fact]
    public void The_same_is_told_however_the_bytes_were_cut() =>
        Gen.Select(Gen.Int[0, s_pieces.Length - 1].Select(i => s_pieces[i]).Array[1, 14], Gen.Int[1, 9], Gen.Bool).Sample((pieces, length, isRequest) =>
        {
            var text = string.Concat(pieces);
            var whole = HttpRecorder.Read(isRequest, text);
            Assert.Equal(whole, HttpRecorder.Read(isRequest, text, 1));
            Assert.Equal(whole, HttpRecorder.Read(isRequest, text, length));
        }, iter: 3000);

    [Fact]
    public void Any_bytes_end_without_a_throw() =>
        Gen.Select(Gen.Byte.Array[0, 300], Gen.Bool).Sample((bytes, isRequest) =>
        {
            HttpRecorder.Read(isRequest, bytes);
            HttpRecorder.Read(isRequest, [.. "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"u8, .. bytes]);
        }, iter: 2000);
}
