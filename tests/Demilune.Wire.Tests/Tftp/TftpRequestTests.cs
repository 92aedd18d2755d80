using System.Text;
using Demilune.Wire.Tftp;

namespace Demilune.Wire.Tests.Tftp;

public sealed class TftpRequestTests
{
    [Theory]
    [InlineData("\0\u0001boot.img\0octet\0", false, "boot.img", "octet")]
    [InlineData("\0\u0002x\0NetASCII\0tsize\00\0", true, "x", "NetASCII")]
    public void A_request_names_a_file_and_a_mode(string datagram, bool isWrite, string file, string mode)
    {
        Assert.True(TftpRequest.TryView(Encoding.Latin1.GetBytes(datagram), out var request));
        Assert.Equal((isWrite, file, mode), (request.IsWrite, Encoding.Latin1.GetString(request.File), Encoding.Latin1.GetString(request.Mode)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\0\u0001")]
    [InlineData("\0\u0001\0octet\0")]
    [InlineData("\0\u0001a\0octet")]
    [InlineData("\0\u0001a\0other\0")]
    [InlineData("\0\u0003\0\u0001data")]
    public void Anything_else_is_none(string datagram) => Assert.False(TftpRequest.TryView(Encoding.Latin1.GetBytes(datagram), out _));
}
