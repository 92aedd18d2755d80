using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.Crds;
using Demilune.Kubernetes.Status;
using Demilune.Kubernetes.Watching;
using k8s.Models;

namespace Demilune.Orchestrator.Managers;

/// <summary>A link to each SecurityManager of the cluster, for as long as there is one.</summary>
public sealed class SecurityManagers
{
    /// <summary>However often it calls back.</summary>
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);

    /// <summary>Of the Secrets that tokens of managers are in.</summary>
    private const string SecretType = "demilune.dev/security-manager";

    private readonly KubernetesApi _api;
    private readonly ClusterInformers _informers;
    private readonly OrchestratorOptions _options;
    private readonly TimeProvider _time;
    private readonly StatusWriter _status;
    private readonly Channel<bool> _changed = Knock();
    private readonly ConcurrentDictionary<string, Running> _running = new(StringComparer.Ordinal);
    private volatile Situation _situation = Situation.Empty;

    public SecurityManagers(KubernetesApi api, ClusterInformers informers, OrchestratorOptions options, TimeProvider time)
    {
        (_api, _informers, _options, _time) = (api, informers, options, time);
        _status = new StatusWriter(api, Group.FieldManager);
        informers.SecurityManagers.Changed += _ => _changed.Writer.TryWrite(true);
    }

    /// <summary>Raised when what is known of a manager has changed; handlers take note and return.</summary>
    public event Action? Changed;

    internal ManagerView? Find(string manager) => _running.TryGetValue(manager, out var running) ? running.View
        : _informers.SecurityManagers.Store.Current.Find(new ObjectKey("", manager)) is null ? null : ManagerView.Unknown;

    /// <summary>A manager says that something of its has changed. What, it is asked: nobody is believed here.</summary>
    /// <returns>Null: there is no such manager; false: the token is not its.</returns>
    public bool? CallBack(string manager, string token)
    {
        if (!_running.TryGetValue(manager, out var running)) return null;
        if (running.Token is not { Length: > 0 } expected || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(token))) return false;
        running.Wake();
        return true;
    }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        await _informers.Synced.WaitAsync(cancel);
        try
        {
            while (true)
            {
                var wanted = _informers.SecurityManagers.Store.Current.Objects.Values.ToDictionary(manager => manager.Metadata.Name, StringComparer.Ordinal);
                foreach (var (name, running) in _running)
                {
                    if (wanted.TryGetValue(name, out var manager) && manager.Metadata.Uid == running.Manager.Metadata.Uid && manager.Metadata.Generation == running.Manager.Metadata.Generation) continue;
                    await running.DisposeAsync();
                    _running.TryRemove(name, out _);
                    if (manager is null && MemoryOf(name) is { } memory) File.Delete(memory);
                    Changed?.Invoke();
                }
                foreach (var (name, manager) in wanted)
                {
                    if (_running.ContainsKey(name)) continue;
                    var running = _running[name] = new Running(manager);
                    running.Start(RunAsync(running, running.Stopping(cancel)));
                }
                await _changed.Reader.ReadAsync(cancel);
            }
        }
        finally
        {
            foreach (var running in _running.Values) await running.DisposeAsync();
            _running.Clear();
        }
    }

    /// <summary>The situation that managers are told of from now on.</summary>
    internal void Observe(Situation situation)
    {
        _situation = situation;
        foreach (var (name, running) in _running)
            if (JsonOf(name, situation) != running.Bound) running.Wake();
    }

    private string JsonOf(string manager, Situation situation) =>
        JsonSerializer.Serialize(new(_options.ClusterName, Bindings(manager, situation)), ManagerJson.Default.ManagerBindings);

    /// <summary>What is bound to a manager's policies. Pure.</summary>
    internal static ImmutableArray<ManagerBinding> Bindings(string manager, Situation situation) =>
    [
        .. from policy in situation.Policies.Values
           where policy.Policy.Spec.External is { } external && external.Manager == manager
           orderby policy.Name
           select new ManagerBinding(
               policy.Policy.Spec.External!.Policy ?? "", policy.Name, policy.Mode.ToString(), policy.OnFailure.ToString(), policy.Accepted ? policy.ExternalRevision : null,
               [.. from pod in situation.ProtectedBy(policy.Name) orderby pod.Pod.ToString() select new ManagerPod(pod.Pod.Namespace, pod.Pod.Name, pod.Node, pod.Addresses)]),
    ];

    private async Task RunAsync(Running running, CancellationToken stop)
    {
        var (manager, name) = (running.Manager, running.Manager.Metadata.Name);
        while (!stop.IsCancellationRequested)
        {
            ManagerClient? client = null;
            try
            {
                running.Token = await TokenAsync(manager, stop);
                client = new ManagerClient(new Uri(manager.Spec.Url ?? ""), manager.Spec.CaBundle, running.Token);
                await ServeAsync(running, new ManagerLink(client, MemoryOf(name), () => Referenced(name), _options.ClusterName, () => running.Bound = JsonOf(name, _situation)), stop);
            }
            catch (Exception error) when (error is ApiException or HttpRequestException or TimeoutException or UriFormatException or IOException or CryptographicException or InvalidDataException)
            {
                await PublishAsync(running, running.View with { Trouble = error.Message }, stop);
                await running.PauseAsync(IntervalOf(manager.Spec.PollInterval), _time, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            finally
            {
                client?.Dispose();
            }
        }
    }

    /// <summary>Until its token is another one.</summary>
    private async Task ServeAsync(Running running, ManagerLink link, CancellationToken stop)
    {
        // What was remembered holds before it answers.
        if (running.View.Listed is null) await PublishAsync(running, link.View, stop);
        do
        {
            await link.SyncAsync(stop);
            await PublishAsync(running, link.View, stop);
            await Task.Delay(ShortestPause, _time, stop);
            await running.PauseAsync(IntervalOf(running.Manager.Spec.PollInterval) - ShortestPause, _time, stop);
        }
        while (await TokenAsync(running.Manager, stop) == running.Token);
    }

    private async Task PublishAsync(Running running, ManagerView view, CancellationToken stop)
    {
        var before = running.View;
        running.View = view;
        if (!ReferenceEquals(before.Policies, view.Policies) || before.Listed != view.Listed) Changed?.Invoke();
        if (_informers.SecurityManagers.Store.Current.Find(ObjectKey.Of(running.Manager)) is not { } manager || manager.Metadata.Uid != running.Manager.Metadata.Uid) return;
        try
        {
            await _status.WriteAsync(SecurityManager.Resource, manager, manager.Status, ManagerReport.Of(manager, view, _time.GetUtcNow()), stop);
        }
        catch (Exception refusal) when (refusal is ApiException or HttpRequestException or TimeoutException)
        {
            // Told with the next poll; what it says of policies does not depend on it.
        }
    }

    private async Task<string?> TokenAsync(SecurityManager manager, CancellationToken stop)
    {
        if (manager.Spec.TokenSecret is not { } name) return null;
        var secret = await _api.FindAsync<V1Secret>(ResourceType.Secrets, new ObjectKey(Group.SystemNamespace, name), stop)
            ?? throw new InvalidDataException($"there is no Secret {Group.SystemNamespace}/{name}");
        // No other one: whoever may name a URL and a Secret would get all secrets of the namespace sent to him.
        if (secret.Type != SecretType) throw new InvalidDataException($"Secret {Group.SystemNamespace}/{name} is not of the type {SecretType}");
        return secret.Data is { } data && data.TryGetValue("token", out var bytes) && Encoding.UTF8.GetString(bytes).Trim() is { Length: > 0 } token && token.All(c => c is > ' ' and < '\x7f')
            ? token : throw new InvalidDataException($"Secret {Group.SystemNamespace}/{name} has no \"token\" that can be sent");
    }

    private HashSet<string> Referenced(string manager) => _informers.SecurityPolicies.Store.Current.Objects.Values
        .Where(policy => policy.Spec.External?.Manager == manager).Select(policy => policy.Spec.External!.Policy ?? "").ToHashSet(StringComparer.Ordinal);

    // A Kubernetes name has neither slashes nor "..".
    private string? MemoryOf(string manager) => _options.DataDirectory is { } directory ? Path.Combine(directory, "managers", manager + ".json") : null;

    internal static TimeSpan IntervalOf(string? text) => text is { Length: > 1 } && int.TryParse(text.AsSpan(0, text.Length - 1), out var number) && number > 0
        ? text[^1] == 'm' ? TimeSpan.FromMinutes(number) : TimeSpan.FromSeconds(Math.Max(2, number)) : TimeSpan.FromSeconds(30);

    /// <summary>Two knocks before anybody opens are one.</summary>
    private static Channel<bool> Knock() => Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>A manager that is being kept in step with.</summary>
    private sealed class Running(SecurityManager manager) : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Channel<bool> _wake = Knock();
        private CancellationTokenSource? _linked;
        private Task _task = Task.CompletedTask;

        public SecurityManager Manager { get; } = manager;

        public volatile ManagerView View = ManagerView.Unknown;

        public volatile string? Token;

        /// <summary>The last that it was to be told.</summary>
        public volatile string Bound = "";

        public CancellationToken Stopping(CancellationToken cancel) => (_linked = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, cancel)).Token;

        public void Start(Task task) => _task = task;

        public void Wake() => _wake.Writer.TryWrite(true);

        public async Task PauseAsync(TimeSpan pause, TimeProvider time, CancellationToken stop)
        {
            using var limit = new CancellationTokenSource(pause, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
            try
            {
                await _wake.Reader.ReadAsync(either.Token);
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                // It is time.
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _linked?.Dispose();
            _stop.Dispose();
        }
    }
}
