using System.Reflection;
using Demilune.Contracts.FirewallLink;
using Demilune.Firewall.Events;
using Demilune.Firewall.Health;
using Demilune.Firewall.Link;
using Demilune.Firewall.Packets;
using Demilune.Firewall.Policies;
using Demilune.Firewall.Regex;
using Demilune.Inspection;
using Demilune.Inspection.Events.Eve;
using Demilune.Rules.Compile;

namespace Demilune.Firewall;

/// <summary>Puts the parts together and keeps them until it is told to stop.</summary>
internal static class FirewallProcess
{
    /// <summary>Bytes of events that may wait for the writer: some 8,000 alerts.</summary>
    private const int EventBytes = 16 << 20;

    private static readonly TimeSpan PressureInterval = TimeSpan.FromMilliseconds(100);
    private const int PressurePerStats = 10;

    public static string Version { get; } =
        typeof(FirewallProcess).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    /// <exception cref="Exception">The packet thread cannot work: no CAP_NET_RAW, an interface deleted.</exception>
    public static async Task RunAsync(FirewallOptions options, CancellationToken stop)
    {
        // Everything ends with the first part that does.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var counters = new PacketCounters();
        var lines = new LineRing(EventBytes);
        var inspector = new Inspector(new InspectorOptions { LogTransactions = options.Transactions, OneAlertPerBlock = true });
        using var eve = new EveWriter(line => lines.TryWrite(line));
        var judge = new InspectingJudge(inspector, eve);
        var ruleOptions = new RuleSetOptions { Regex = PcreRegexEngine.BestAvailable(), RegexSets = HyperscanSetEngine.IfAvailable(), Provides = Inspector.Provides, Recognises = Inspector.Recognises, Notices = Inspector.Notices, DecodeEvent = Inspector.NumberOf, StoresFiles = false };
        var intake = new PolicyIntake(new(options.Rules), ruleOptions, judge.Publish);
        var health = HealthSocket.ServeAsync(options.Health, new(counters, () => judge.IsReady), PacketClock.SteadyNanos, ending.Token);
        await Task.Run(() => WarmUp.Run(ruleOptions, ending.Token), CancellationToken.None);
        var quickening = Task.CompletedTask;
        if (options.Agent is null)
        {
            Say(intake.LoadLibrary());
            quickening = Task.Run(intake.Quicken, CancellationToken.None);
        }

        using var pressure = new CpuPressure();
        var packets = new PacketThread(options, judge, counters, pressure, Log);
        packets.Start(ending.Token);
        var link = options.Agent is null ? null : new AgentLink(
            options.Agent, new("demilune", Version, await packets.RealTimeGranted), intake, table => eve.Identities = IdentityIntake.Read(table), Log);
        var linking = link?.RunAsync(ending.Token) ?? Task.CompletedTask;

        using var console = Console.OpenStandardOutput();
        using var file = options.Log is null ? null : new FileStream(options.Log, FileMode.Append, FileAccess.Write, FileShare.Read);
        var writer = new EventWriter(lines, file is null ? [console] : [console, file], line => link?.SendEve(line), Log);
        try
        {
            for (var turn = 1; !packets.Ended.IsCompleted && !ending.IsCancellationRequested; turn++)
            {
                pressure.Observe();
                if (turn % PressurePerStats == 0) link?.SendStats(Stats(counters, inspector.Statistics, lines.Lost + link.Lost, intake));
                await Task.Delay(PressureInterval, ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (health.IsFaulted) await health;
            }
            await packets.Ended;
        }
        finally
        {
            await ending.CancelAsync();
            await packets.Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            writer.Finish();
            await linking;
            await quickening;
            await health.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static EngineStats Stats(PacketCounters counters, InspectorStatistics inspector, long eventsLost, PolicyIntake policies) => new()
    {
        FramesIn = counters.FramesIn,
        FramesOut = counters.FramesForwarded + counters.FramesInjected,
        BytesInspected = inspector.BytesInspected,
        FlowsSeen = inspector.FlowsSeen,
        FlowsActive = inspector.FlowsActive,
        FlowsBlocked = inspector.FlowsBlocked,
        FlowsReleased = inspector.FlowsReleased,
        Alerts = inspector.Alerts,
        Anomalies = inspector.Anomalies,
        FramesMalformed = inspector.FramesMalformed + counters.FramesTruncated,
        FramesMissed = counters.FramesMissed,
        EventsLost = eventsLost,
        MemoryBytes = Environment.WorkingSet,
        Policies = [.. policies.Counters.Select(policy => new PolicyStats(
            policy.Name, policy.Counters.Flows, policy.Counters.Blocked, policy.Counters.WouldBlock, policy.Counters.ShadowFlows, policy.Counters.ShadowWouldBlock))],
    };

    private static void Say(PolicyLoaded loaded)
    {
        Log($"policy {loaded.Name}: {(loaded.Ok ? $"{loaded.Rules} rules in force" : "not in force")}");
        foreach (var error in loaded.Errors) Log(error);
    }

    private static void Log(string message) => Console.Error.WriteLine($"demilune-firewall: {message}");
}
