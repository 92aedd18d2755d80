using Demilune.Cli.Cluster;

namespace Demilune.EndToEnd.Tests;

/// <summary>What a newcomer sees: the command itself, as a process.</summary>
public sealed class WalkTests(ITestOutputHelper output)
{
    [Fact]
    public async Task The_four_steps_and_the_failure_cases_hold_and_nothing_is_left_behind()
    {
        if (Stage.Obstacle is { } obstacle) Assert.Skip(obstacle);
        var layout = Stage.Layout(1);
        var outcome = await Shell.RunAsync(
            Path.Combine(Stage.Programs, "Demilune.Cli", "demilune"),
            [
                "local", "run", "--once", "--directory", layout.Directory, "--run-directory", layout.RunDirectory, "--bpf-directory", layout.BpfDirectory,
                "--rules", layout.Rules, "--examples", Stage.Examples, "--ports", $"{layout.ApiPort},{layout.LinkPort},{layout.RestPort},{layout.NeutronPort},{layout.ConsolePort}",
                "--pod-network-v4", layout.PodNetwork4!, "--pod-network-v6", layout.PodNetwork6!,
            ],
            TimeSpan.FromMinutes(6), TestContext.Current.CancellationToken);
        output.WriteLine(outcome.Output + outcome.Errors);
        Assert.True(outcome.Succeeded, $"exit {outcome.Exit}:\n{outcome.Output}{outcome.Errors}");
        Assert.Empty(Leftovers.Find(layout));
    }
}
