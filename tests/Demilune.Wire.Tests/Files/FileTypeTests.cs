using System.Text;
using CsCheck;
using Demilune.Wire.Files;

namespace Demilune.Wire.Tests.Files;

public sealed class FileTypeTests
{
    [Theory]
    [InlineData("", "empty")]
    [InlineData("%PDF-1.7\n%", "PDF document, version 1.7")]
    [InlineData("GIF89a\x01\0\x02\0", "GIF image data, version 89a, 1 x 2")]
    [InlineData("<html>\n<b>", "HTML document, ASCII text")]
    [InlineData("a\r\nb\r\n", "ASCII text, with CRLF line terminators")]
    [InlineData("abc", "ASCII text, with no line terminators")]
    [InlineData("#!/bin/bash\nid\n", "Bourne-Again shell script, ASCII text executable")]
    [InlineData("\0\x01\x02\x03", "data")]
    [InlineData("PK\x03\x04\x14\0", "Zip archive data")]
    public void A_file_is_told_by_its_first_bytes(string head, string type) => Assert.Equal(type, FileType.Of(Encoding.Latin1.GetBytes(head)));

    [Fact]
    public void An_executable_says_for_which_machine_it_is()
    {
        var head = new byte[512];
        "MZ"u8.CopyTo(head);
        head[0x3c] = 0x80;
        "PE\0\0"u8.CopyTo(head.AsSpan(0x80));
        (head[0x84], head[0x85]) = (0x64, 0x86);
        (head[0x98], head[0x99]) = (0x0b, 2);
        head[0x80 + 92] = 3;
        Assert.Equal("PE32+ executable (console) x86-64, for MS Windows", FileType.Of(head));
        Assert.Equal("PE executable for MS Windows", FileType.Of(head.AsSpan(0, 0x80)));
    }

    [Fact]
    public void Any_bytes_have_a_type() => Gen.Byte.Array[0, 200].Sample(bytes => FileType.Of(bytes).Length > 0, iter: 5000);
}
