using Demilune.Firewall.Health;
using Demilune.Firewall.Packets;

namespace Demilune.Firewall.Tests.Health;

public sealed class HealthTests
{
    [Fact]
    public async Task The_answer_says_what_is_missing_until_nothing_is()
    {
        var counters = new PacketCounters();
        var loaded = false;
        var now = 5_000_000_000;
        var name = $"demilune-test-{Guid.NewGuid():N}";
        using var stop = new CancellationTokenSource();
        Assert.Contains("no firewall answers", await HealthSocket.AskAsync(name), StringComparison.Ordinal);
        var health = new HealthState(counters, () => loaded);
        var serving = HealthSocket.ServeAsync(name, () => health.Describe(now), stop.Token);
        Assert.Contains("not started", await HealthSocket.AskAsync(name), StringComparison.Ordinal);
        counters.LastTurn = now - 100_000_000;
        Assert.Contains("no policies", await HealthSocket.AskAsync(name), StringComparison.Ordinal);
        loaded = true;
        Assert.Equal(HealthState.Ok, await HealthSocket.AskAsync(name));
        now += 1_000_000_000;
        Assert.Contains("silent for 1100 ms", await HealthSocket.AskAsync(name), StringComparison.Ordinal);
        await stop.CancelAsync();
        await serving;
    }
}
