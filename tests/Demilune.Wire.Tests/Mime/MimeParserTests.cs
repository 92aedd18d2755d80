using CsCheck;
using Demilune.Wire.Mime;

namespace Demilune.Wire.Tests.Mime;

public sealed class MimeParserTests
{
    [Fact]
    public void A_plain_message_is_its_head_and_its_text() =>
        Assert.Equal(["begin 0 From=a@b|Subject=one two", "content hello\r\n", "end"], MimeRecorder.Read("From: a@b\r\nSubject: one\r\n two\r\n\r\nhello\r\n"));

    [Fact]
    public void Parts_are_told_one_by_one_and_decoded() => Assert.Equal(
        [
            "begin 0 Content-Type=multipart/mixed; boundary=\"b\"", "begin 1 Content-Transfer-Encoding=base64", "content hello", "end",
            "begin 1 Content-Transfer-Encoding=quoted-printable", "content a=b c", "end",
        ],
        MimeRecorder.Read(
            "Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\npreamble\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\naGVs\r\nbG8=\r\n--b\r\n" +
            "Content-Transfer-Encoding: quoted-printable\r\n\r\na=3Db =\r\nc\r\n--b--\r\nepilogue"));

    [Fact]
    public void The_line_end_before_a_boundary_is_no_content() =>
        Assert.Equal(["begin 1 A=1", "content x\r\n--bc\r\n-", "end"], MimeRecorder.Read("--b\r\nA: 1\r\n\r\nx\r\n--bc\r\n-\r\n--b--\r\n", boundary: "b"));

    [Fact]
    public void A_form_that_does_not_end_is_lost() => Assert.Equal(["begin 1 A=1", "content x", "lost"], MimeRecorder.Read("--b\r\nA: 1\r\n\r\nx", boundary: "b"));

    [Fact]
    public void Boundaries_of_outer_parts_end_inner_ones() => Assert.Equal(
        ["begin 0 Content-Type=multipart/x; boundary=o", "begin 1 Content-Type=multipart/x; boundary=i", "begin 2 A=1", "content x", "end", "begin 1 A=2", "content y", "end"],
        MimeRecorder.Read("Content-Type: multipart/x; boundary=o\n\n--o\nContent-Type: multipart/x; boundary=i\n\n--i\nA: 1\n\nx\n--o\nA: 2\n\ny\n--o--\n"));

    [Theory]
    [InlineData("attachment; filename=a.txt", "a.txt")]
    [InlineData("attachment; filename=\"a;b \\\"c\\\".txt\"; x=y", "a;b \"c\".txt")]
    [InlineData("attachment; filename*=UTF-8''a%20b", "a b")]
    [InlineData("attachment; filename*0=\"ab\"; filename*1=cd", "abcd")]
    [InlineData("attachment; FileName = x", "x")]
    public void A_name_is_found_in_every_way_of_writing_it(string field, string name)
    {
        var output = new byte[64];
        Assert.True(MimeParameter.TryGet(System.Text.Encoding.Latin1.GetBytes(field), "filename"u8, output, out var length, out var isCut));
        Assert.Equal((name, false), (System.Text.Encoding.Latin1.GetString(output, 0, length), isCut));
    }

    private static readonly string[] s_pieces =
    [
        "--b\r\n", "--b--\r\n", "--c\n", "\r\n", "\n", "\r", "-", "--", "Content-Type: multipart/mixed; boundary=c\r\n", "Content-Type: message/rfc822\r\n",
        "Content-Transfer-Encoding: base64\r\n", "Content-Transfer-Encoding: quoted-printable\r\n", "aGVsbG8=\r\n", "a=3D=\r\n", "=", "x y", "A: b\r\n", " c\r\n", "--bb\r\n",
    ];

    [Fact]
    public void The_same_is_told_however_the_bytes_were_cut() =>
        Gen.Select(Gen.Int[0, s_pieces.Length - 1].Select(i => s_pieces[i]).Array[1, 20], Gen.Int[1, 9], Gen.Bool).Sample((pieces, length, isForm) =>
        {
            var text = (isForm ? "" : "Content-Type: multipart/mixed; boundary=b\r\n\r\n") + string.Concat(pieces);
            var whole = MimeRecorder.Read(text, boundary: isForm ? "b" : null);
            Assert.Equal(whole, MimeRecorder.Read(text, 1, isForm ? "b" : null));
            Assert.Equal(whole, MimeRecorder.Read(text, length, isForm ? "b" : null));
        }, iter: 3000);
}
