using Demilune.Raven.Facts;
using k8s.Models;

namespace Demilune.Raven.Tests.Facts;

public sealed class BandwidthTests
{
    [Theory]
    [InlineData("10M", 10_000L)]
    [InlineData("1Mi", 1_049L)]         // 1,048,576 bits: rounded up, a limit is not tightened
    [InlineData("1k", 1L)]
    [InlineData("1500", 2L)]
    [InlineData("2.5G", 2_500_000L)]
    [InlineData("1e6", 1_000L)]
    public void Quantities_are_bits_a_second(string text, long kilobits)
    {
        Assert.Equal(new Bandwidth(kilobits, null), Bandwidth.Of(Pod((Bandwidth.IngressAnnotation, text)), out var problem));
        Assert.Null(problem);
    }

    [Theory]
    [InlineData("")]
    [InlineData("fast")]
    [InlineData("10Mbit")]
    [InlineData("-1M")]
    [InlineData("0")]
    [InlineData("999")]
    [InlineData("2P")]
    [InlineData("1e99")]
    [InlineData("99999999999999999999999999999999")]
    public void What_makes_no_sense_limits_nothing_and_is_told(string text)
    {
        var limits = Bandwidth.Of(Pod((Bandwidth.IngressAnnotation, text), (Bandwidth.EgressAnnotation, "1M")), out var problem);
        Assert.Equal(new Bandwidth(null, 1_000), limits);
        Assert.Contains(Bandwidth.IngressAnnotation, problem);
    }

    [Fact]
    public void A_limit_beyond_what_Neutron_can_say_is_none() =>
        Assert.True(Bandwidth.Of(Pod((Bandwidth.EgressAnnotation, "1P")), out var problem).IsNone && problem is null);

    private static V1Pod Pod(params (string Name, string Value)[] annotations) =>
        new() { Metadata = new() { Name = "pod", Annotations = annotations.ToDictionary(one => one.Name, one => one.Value) } };
}
