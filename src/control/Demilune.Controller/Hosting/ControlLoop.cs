using Demilune.Kubernetes;
using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.Crds;
using Demilune.Kubernetes.Election;
using Demilune.Kubernetes.Events;
using Demilune.Kubernetes.Watching;
using Demilune.Orchestrator;
using Demilune.Raven;

namespace Demilune.Controller.Hosting;

/// <summary>Raven's and the orchestrator's life in this process: our kinds first, then the watches, then, while we lead, the two.</summary>
internal sealed partial class ControlLoop(
    KubernetesApi api, ClusterInformers informers, RavenController raven, OrchestratorController orchestrator, EventRecorder events,
    ControllerOptions options, Leadership leadership, ILogger<ControlLoop> log) : BackgroundService, IReadiness
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private const string NotLeading = "Kubernetes' objects are not yet listed, or another controller leads";

    private volatile string _doing = "Kubernetes has not answered yet";

    public string? Missing => leadership.IsLeading && raven.Synced.IsCompletedSuccessfully ? null : _doing;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await PrepareAsync(stoppingToken);
        if (stoppingToken.IsCancellationRequested) return;
        _doing = NotLeading;
        var watching = Task.WhenAll(informers.RunAsync(stoppingToken), events.RunAsync(stoppingToken));
        // One name per place: after a crash the same controller goes on at once instead of waiting for its own lease to end.
        var identity = $"{Environment.MachineName}:{Path.GetFullPath(options.DataDirectory)}";
        await new LeaderElection(api, new ObjectKey(Group.SystemNamespace, "demilune-controller"), identity, log)
            .RunAsync(LeadAsync, stoppingToken);
        await watching;
    }

    private async Task LeadAsync(CancellationToken cancel)
    {
        _doing = "the network is not yet what Kubernetes asks for";
        leadership.Begin(cancel);
        try
        {
            await Task.WhenAll(raven.RunAsync(cancel), orchestrator.RunAsync(cancel));
        }
        finally
        {
            leadership.End();
            _doing = NotLeading;
        }
    }

    /// <summary>Our kinds and our namespace. Kubernetes may come up after us, and may refuse for a while.</summary>
    private async Task PrepareAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await CrdInstaller.InstallAsync(api, cancel);
                await SystemNamespace.EnsureAsync(api, cancel);
                return;
            }
            catch (Exception) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) when (failure is ApiException or HttpRequestException or TimeoutException or IOException)
            {
                _doing = $"Kubernetes does not take our kinds: {failure.Message}";
                NotPrepared(log, failure.Message);
            }
            try
            {
                await Task.Delay(Retry, cancel);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    [LoggerMessage(3401, LogLevel.Warning, "Kubernetes does not take our kinds yet: {Message}")]
    private static partial void NotPrepared(ILogger log, string message);
}
