using CsCheck;
using Demilune.Policy.Addresses;

namespace Demilune.Policy.Tests.Addresses;

public sealed class PrefixTests
{
    [Theory]
    [InlineData("10.0.0.0/8", "10.0.0.0/8")]
    [InlineData("10.1.2.3/8", "10.0.0.0/8")]
    [InlineData("10.1.2.3", "10.1.2.3/32")]
    [InlineData("0.0.0.0/0", "0.0.0.0/0")]
    [InlineData("255.255.255.255/32", "255.255.255.255/32")]
    [InlineData("FD00:244::1/64", "fd00:244::/64")]
    [InlineData("::/0", "::/0")]
    public void A_prefix_is_read_and_its_host_bits_are_cleared(string text, string canonical)
    {
        Assert.True(Prefix.TryParse(text, out var prefix));
        Assert.Equal(canonical, prefix.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("/8")]
    [InlineData("10.0.0.0/")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("10.0.0.0/08")]
    [InlineData("10.0.0.0/ 8")]
    [InlineData("10.1/16")]
    [InlineData("0x0a.0.0.0/8")]
    [InlineData("010.0.0.0/8")]
    [InlineData("fd00::/129")]
    [InlineData("fe80::1%eth0/64")]
    [InlineData("web/24")]
    public void What_another_reader_might_understand_otherwise_is_refused(string text) => Assert.False(Prefix.TryParse(text, out _));

    [Theory]
    [InlineData("10.0.0.0/24", "10.0.0.0/25", "10.0.0.128/25")]
    [InlineData("10.0.0.0/24", "10.0.0.0/24", "")]
    [InlineData("10.0.0.0/24", "10.0.0.0/8", "")]
    [InlineData("10.0.0.0/24", "10.0.1.0/24", "10.0.0.0/24")]
    [InlineData("10.0.0.0/30", "10.0.0.0/32 10.0.0.3/32", "10.0.0.1/32 10.0.0.2/32")]
    // Taken out one by one and united, each exception would come back through the other.
    [InlineData("10.0.0.0/8", "10.1.0.0/16 10.2.0.0/16", "10.0.0.0/16 10.3.0.0/16 10.4.0.0/14 10.8.0.0/13 10.16.0.0/12 10.32.0.0/11 10.64.0.0/10 10.128.0.0/9")]
    [InlineData("0.0.0.0/0", "128.0.0.0/1", "0.0.0.0/1")]
    [InlineData("0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1")]
    [InlineData("::/0", "8000::/1", "::/1")]
    [InlineData("10.0.0.0/24", "fd00::/8", "10.0.0.0/24")]
    public void Exceptions_leave_the_fewest_prefixes_that_cover_the_rest(string block, string except, string rest)
    {
        var left = PrefixSet.Subtract(Parse(block), except.Split(' ').Select(Parse));
        Assert.Equal(rest, string.Join(' ', left));
    }

    [Fact]
    public void An_address_is_left_exactly_if_it_is_in_the_block_and_in_no_exception() =>
        Gen.Select(Small, Small.Array[0, 6]).Sample((block, holes) =>
        {
            var left = PrefixSet.Subtract(block, holes);
            for (var octet = 0; octet < 256; octet++)
            {
                var address = Parse($"10.0.0.{octet}");
                var wanted = block.Contains(address) && !holes.Any(hole => hole.Contains(address));
                Assert.Equal(wanted ? 1 : 0, left.Count(prefix => prefix.Contains(address)));
            }
        }, iter: 2_000);

    private static Gen<Prefix> Small { get; } =
        Gen.Select(Gen.Int[0, 255], Gen.Int[24, 32]).Select((octet, length) => Parse($"10.0.0.{octet}/{length}"));

    private static Prefix Parse(string text) => Prefix.TryParse(text, out var prefix) ? prefix : throw new ArgumentException(text);
}
