using CsCheck;
using Demilune.Local.Node.Lifecycle;

namespace Demilune.Local.Tests.Node.Lifecycle;

public sealed class CrashLoopTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(2, 10)]
    [InlineData(3, 20)]
    [InlineData(6, 160)]
    [InlineData(7, 300)]
    [InlineData(1000, 300)]
    public void Waits_double_from_ten_seconds_to_five_minutes(int crashes, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), CrashLoop.Delay(crashes));

    [Fact]
    public void A_further_crash_never_shortens_the_wait() =>
        Gen.Int[0, 10_000].Sample(crashes => CrashLoop.Delay(crashes) <= CrashLoop.Delay(crashes + 1));

    [Fact]
    public void A_quiet_run_wipes_the_slate()
    {
        var start = DateTimeOffset.UnixEpoch;
        Assert.Equal(1, CrashLoop.Count(9, new Termination("id", 1, "Error", null, start, start + CrashLoop.QuietRun)));
        Assert.Equal(10, CrashLoop.Count(9, new Termination("id", 1, "Error", null, start, start.AddSeconds(1))));
    }
}
