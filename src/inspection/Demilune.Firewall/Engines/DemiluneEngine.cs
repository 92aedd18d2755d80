using Demilune.Contracts.FirewallLink;
using Demilune.Firewall.Events;
using Demilune.Firewall.Health;
using Demilune.Firewall.Packets;
using Demilune.Firewall.Policies;
using Demilune.Firewall.Regex;
using Demilune.Firewall.Routing;
using Demilune.Inspection;
using Demilune.Inspection.Events.Eve;
using Demilune.Rules.Compile;

namespace Demilune.Firewall.Engines;

/// <summary>Our own engine: a packet thread of this process.</summary>
internal sealed class DemiluneEngine : IEngine
{
    private static readonly TimeSpan PressureInterval = TimeSpan.FromMilliseconds(100);

    private readonly FirewallOptions _options;
    private readonly PacketCounters _counters = new();
    private readonly Inspector _inspector;
    private readonly EveWriter _eve;
    private readonly InspectingJudge _judge;
    private readonly RuleSetOptions _rules;
    private readonly PolicyIntake _intake;
    private readonly CpuPressure _pressure = new();
    private readonly PacketThread _packets;
    private readonly HealthState _health;
    private readonly CancellationTokenSource _stop = new();
    private Task _watching = Task.CompletedTask, _quickening = Task.CompletedTask;

    /// <param name="events">Takes an EVE line, on the packet thread; must not wait.</param>
    public DemiluneEngine(FirewallOptions options, EveLineSink events, Action<string> log)
    {
        _options = options;
        _inspector = new Inspector(new InspectorOptions { LogTransactions = options.Transactions, OneAlertPerBlock = true });
        _eve = new EveWriter(line => events(line));
        _judge = new InspectingJudge(_inspector, _eve);
        _rules = new RuleSetOptions
        {
            Regex = PcreRegexEngine.BestAvailable(), RegexSets = HyperscanSetEngine.IfAvailable(), Provides = Inspector.Provides,
            Recognises = Inspector.Recognises, Notices = Inspector.Notices, DecodeEvent = Inspector.NumberOf, StoresFiles = false,
        };
        _intake = new PolicyIntake(new(options.Rules), _rules, _judge.Publish);
        _packets = new PacketThread(options, _judge, _counters, _pressure, log);
        _health = new HealthState(_counters, () => _judge.IsReady);
    }

    public Task Ended => _packets.Ended;

    public async Task<EngineHello> StartAsync(CancellationToken stop)
    {
        await Task.Run(() => WarmUp.Run(_rules, stop), CancellationToken.None);
        _packets.Start(_stop.Token);
        _watching = WatchPressureAsync();
        return new("demilune", FirewallProcess.Version, await _packets.RealTimeGranted);
    }

    public string? Ailment() => _health.Describe(PacketClock.SteadyNanos()) is var text && text == HealthState.Ok ? null : text;

    public async Task<PolicySetLoaded> LoadAsync(PolicySet set, CancellationToken stop)
    {
        await _quickening;
        var loaded = _intake.Load(set);
        _quickening = Task.Run(_intake.Quicken, CancellationToken.None);
        return loaded;
    }

    /// <summary>Without an agent: one policy of every rule file in the library, for all frames.</summary>
    public PolicyLoaded LoadLibrary()
    {
        var loaded = _intake.LoadLibrary();
        _quickening = Task.Run(_intake.Quicken, CancellationToken.None);
        return loaded;
    }

    public void Identify(IdentityTable pods) => _eve.Identities = IdentityIntake.Read(pods);

    public void Route(EngineRouting routing) => _packets.Publish(RoutingIntake.Read(routing));

    public EngineStats ReadStats()
    {
        var inspector = _inspector.Statistics;
        return new()
        {
            FramesIn = _counters.FramesIn,
            FramesOut = _counters.FramesForwarded + _counters.FramesInjected,
            BytesInspected = inspector.BytesInspected,
            FlowsSeen = inspector.FlowsSeen,
            FlowsActive = inspector.FlowsActive,
            FlowsBlocked = inspector.FlowsBlocked,
            FlowsReleased = inspector.FlowsReleased,
            Alerts = inspector.Alerts,
            Anomalies = inspector.Anomalies,
            FramesMalformed = inspector.FramesMalformed + _counters.FramesTruncated,
            FramesMissed = _counters.FramesMissed,
            MemoryBytes = Environment.WorkingSet,
            Policies = [.. _intake.Counters.Select(policy => new PolicyStats(
                policy.Name, policy.Counters.Flows, policy.Counters.Blocked, policy.Counters.WouldBlock, policy.Counters.ShadowFlows, policy.Counters.ShadowWouldBlock))],
        };
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        // Not started: nobody will ever say that the thread ended.
        if (_watching != Task.CompletedTask) await _packets.Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _watching;
        await _quickening;
        _pressure.Dispose();
        _eve.Dispose();
        _stop.Dispose();
    }

    private async Task WatchPressureAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            _pressure.Observe();
            await Task.Delay(PressureInterval, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
