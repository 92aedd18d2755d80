using System.Text;
using CsCheck;
using Demilune.Wire.Ftp;

namespace Demilune.Wire.Tests.Ftp;

public sealed class FtpAddressTests
{
    [Theory]
    [InlineData("192,0,2,1,4,1", "192.0.2.1", 1025)]
    [InlineData("Entering Passive Mode (192,0,2,1,0,21).", "192.0.2.1", 21)]
    [InlineData("2 modes: 10, 0, 0, 9, 1, 0", "10.0.0.9", 256)]
    public void Six_numbers_are_an_address_and_a_port(string text, string address, int port)
    {
        Assert.True(FtpAddress.TryReadNumbers(Encoding.ASCII.GetBytes(text), out var found, out var foundPort));
        Assert.Equal((address, port), (found.ToString(), (int)foundPort));
    }

    [Theory]
    [InlineData("192,0,2,1,4")]
    [InlineData("192,0,2,256,4,1")]
    [InlineData("192,0,2,1,0,0")]
    public void Less_is_none(string text) => Assert.False(FtpAddress.TryReadNumbers(Encoding.ASCII.GetBytes(text), out _, out _));

    [Theory]
    [InlineData("EPRT |2|::1|5282|", 5282)]
    [InlineData("Entering Extended Passive Mode (|||6446|)", 6446)]
    [InlineData("!!!21!", 21)]
    [InlineData("|||x|", 0)]
    [InlineData("|||21", 0)]
    public void An_extended_one_has_its_port_between_the_last_two_delimiters(string text, int port) =>
        Assert.Equal(port != 0, FtpAddress.TryReadExtended(Encoding.ASCII.GetBytes(text), out var found) && found == port);

    [Fact]
    public void Any_bytes_end_without_a_throw() => Gen.Byte.Array[0, 60].Sample(bytes =>
    {
        FtpAddress.TryReadNumbers(bytes, out _, out _);
        FtpAddress.TryReadExtended(bytes, out _);
        FtpDetection.OfClient(bytes);
        FtpDetection.OfServer(bytes);
    }, iter: 3000);
}
