using System.Text;
using CsCheck;
using Demilune.Wire.Http1;

namespace Demilune.Wire.Tests.Http1;

public class UriNormalizerTests
{
    [Theory]
    [InlineData("/a/b?c=d", "/a/b?c=d", UriOddities.None)]
    [InlineData("/", "/", UriOddities.None)]
    [InlineData("*", "*", UriOddities.None)]
    [InlineData("/a/./b/../c/", "/a/c/", UriOddities.None)]
    [InlineData("/a/b/..", "/a/", UriOddities.None)]
    [InlineData("//a///b", "/a/b", UriOddities.None)]
    [InlineData("/%61%2e%2E/b", "/a../b", UriOddities.None)]
    [InlineData("/a/%2e%2e/b", "/b", UriOddities.None)]
    [InlineData("/a/%252e%252e/b", "/b", UriOddities.DoubleEncoded)]
    [InlineData("/%25252e%25252e/b", "/b", UriOddities.DoubleEncoded | UriOddities.AboveRoot)]
    [InlineData("/a/..%c0%afb", "/b", UriOddities.OverlongUtf8)]
    [InlineData("/a/..%e0%80%afb", "/b", UriOddities.OverlongUtf8)]
    [InlineData("/a/..\\b", "/b", UriOddities.Backslash)]
    [InlineData("/a/..%5cb", "/b", UriOddities.Backslash)]
    [InlineData("/%u0061%uff0e", "/a.", UriOddities.PercentU)]
    [InlineData("/a/..;v=1/b", "/b", UriOddities.None)]
    [InlineData("/a;v=1/b", "/a;v=1/b", UriOddities.None)]
    [InlineData("/../../x", "/x", UriOddities.AboveRoot)]
    [InlineData("/a%00b", "/a\0b", UriOddities.Null)]
    [InlineData("/100%", "/100%", UriOddities.InvalidPercent)]
    [InlineData("/a?x=1+2%2b3", "/a?x=1 2+3", UriOddities.None)]
    [InlineData("/a?x=%2527", "/a?x='", UriOddities.DoubleEncoded)]
    [InlineData("http://h:80/a/../b?c", "/b?c", UriOddities.None)]
    [InlineData("http://h", "/", UriOddities.None)]
    public void A_target_is_read_as_the_most_lenient_server_would(string target, string expected, UriOddities oddities)
    {
        var bytes = Encoding.Latin1.GetBytes(target);
        var written = new byte[UriNormalizer.MaxLength(bytes.Length)];
        var length = UriNormalizer.Normalize(bytes, written, out var seen);
        Assert.Equal(expected, Encoding.Latin1.GetString(written.AsSpan(0, length)));
        Assert.Equal(oddities, seen);
    }

    [Fact]
    public void Any_target_fits_into_the_room_that_is_promised() =>
        Gen.OneOf(Gen.Byte, Gen.Int[0, 9].Select(i => "/.%25u;?\\:"u8[i])).Array[0, 60].Sample(bytes =>
        {
            var length = UriNormalizer.Normalize(bytes, new byte[UriNormalizer.MaxLength(bytes.Length)], out _);
            Assert.InRange(length, 0, bytes.Length + 1);
        }, iter: 5000);

    [Theory]
    [InlineData("http://u@host:80/x", "host:80")]
    [InlineData("/x?y=http://z", "")]
    [InlineData("https://[::1]:8/", "[::1]:8")]
    public void Only_an_absolute_target_has_an_authority(string target, string expected) =>
        Assert.Equal(expected, Encoding.Latin1.GetString(UriNormalizer.Authority(Encoding.Latin1.GetBytes(target))));
}
