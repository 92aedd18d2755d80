using Demilune.Cli.Cluster;
using Demilune.Cli.Walk;
using Spectre.Console;

namespace Demilune.EndToEnd.Tests;

/// <summary>A local cluster with the example applied and enforced.</summary>
public abstract class ShopFixture(ClusterLayout layout) : IAsyncLifetime
{
    private readonly StringWriter _log = new();
    private Evidence? _evidence;

    internal LocalCluster Cluster { get; } = new(layout);

    internal Scene Scene { get; private set; } = null!;

    /// <summary>Not brought up for tests that will all be skipped.</summary>
    protected virtual bool IsNeeded => Stage.Obstacle is null;

    public async ValueTask InitializeAsync()
    {
        if (!IsNeeded) return;
        await Cluster.UpAsync(step => _log.WriteLine(step), CancellationToken.None);
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(_log) });
        _evidence = new(Cluster.Layout.Rest);
        Scene = new(Cluster, _evidence, Stage.Examples, console, new(Cluster, Stage.Examples, console));
        await new PolicyStep(Scene).RunAsync(CancellationToken.None);
        await new DeployStep(Scene).RunAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        _evidence?.Dispose();
        if (!IsNeeded) return;
        await Cluster.DownAsync(step => _log.WriteLine(step));
        Assert.Empty(Leftovers.Find(Cluster.Layout));
        GC.SuppressFinalize(this);
    }

    public void SkipWhereImpossible()
    {
        if (Stage.Obstacle is { } obstacle) Assert.Skip(obstacle);
    }
}
