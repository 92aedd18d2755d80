using Demilune.Sdn.Addressing;

namespace Demilune.Sdn.Tests.Addressing;

public sealed class AddressTests
{
    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1")]
    [InlineData("FD00:0:0::1", "fd00::1")]
    [InlineData("::ffff:10.0.0.1", "::ffff:10.0.0.1")]
    [InlineData("10.1", null)]
    [InlineData("010.0.0.1", null)]
    [InlineData("0x0a.0.0.1", null)]
    [InlineData("10.0.0.256", null)]
    [InlineData("fe80::1%eth0", null)]
    [InlineData(" 10.0.0.1", null)]
    [InlineData("", null)]
    public void An_address_is_read_strictly_and_written_canonically(string text, string? canonical) =>
        Assert.Equal(canonical, Address.TryParse(text, out var address) ? address.ToString() : null);

    [Theory]
    [InlineData("10.0.0.7/8", "10.0.0.0/8")]
    [InlineData("0.0.0.0/0", "0.0.0.0/0")]
    [InlineData("::/0", "::/0")]
    [InlineData("fd00::1/128", "fd00::1/128")]
    [InlineData("10.0.0.0/33", null)]
    [InlineData("10.0.0.0/-1", null)]
    [InlineData("10.0.0.0/+8", null)]
    [InlineData("10.0.0.0/255.0.0.0", null)]
    [InlineData("10.0.0.0", null)]
    public void A_prefix_too(string text, string? normalized) =>
        Assert.Equal(normalized, Cidr.TryParse(text, out var cidr) ? cidr.Normalized : null);
}
