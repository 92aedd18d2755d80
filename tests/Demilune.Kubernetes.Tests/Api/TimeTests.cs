using Demilune.Kubernetes.Api;
using k8s.Models;

namespace Demilune.Kubernetes.Tests.Api;

public sealed class TimeTests
{
    /// <summary>The API server parses metav1.MicroTime with a layout that has exactly six digits; metav1.Time takes any number of them.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(1_234_567)]
    public void A_leases_times_have_six_digits_of_a_second_and_are_utc(long ticks)
    {
        var at = MicroTime.Of(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero).AddTicks(ticks));
        var json = ObjectJson.ToNode(new V1Lease { Spec = new V1LeaseSpec { RenewTime = at, AcquireTime = at } })!;
        Assert.Matches("^2026-01-02T03:04:05[.][0-9]{6}Z$", (string?)json["spec"]!["renewTime"]);
        Assert.Matches("^2026-01-02T03:04:05[.][0-9]{6}Z$", (string?)json["spec"]!["acquireTime"]);
    }
}
