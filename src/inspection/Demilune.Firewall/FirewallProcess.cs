using System.Reflection;
using Demilune.Contracts.FirewallLink;
using Demilune.Firewall.Engines;
using Demilune.Firewall.Events;
using Demilune.Firewall.Health;
using Demilune.Firewall.Link;
using Demilune.Firewall.Suricata;

namespace Demilune.Firewall;

/// <summary>Puts an engine between the node agent, the probes and the events' readers, and keeps all of it until it is told to stop.</summary>
internal static class FirewallProcess
{
    /// <summary>Bytes of events that may wait for the writer: some 8,000 alerts.</summary>
    private const int EventBytes = 16 << 20;

    private static readonly TimeSpan StatsInterval = TimeSpan.FromSeconds(1);

    public static string Version { get; } =
        typeof(FirewallProcess).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    /// <exception cref="Exception">The engine cannot work: no CAP_NET_RAW, an interface deleted, its process ended.</exception>
    public static async Task RunAsync(FirewallOptions options, CancellationToken stop)
    {
        // Everything ends with the first part that does.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var lines = new LineRing(EventBytes);
        var engine = Create(options, line => lines.TryWrite(line));
        var health = HealthSocket.ServeAsync(options.Health, () => engine.Ailment() ?? HealthState.Ok, ending.Token);
        AgentLink? link = null;
        var linking = Task.CompletedTask;
        using var console = Console.OpenStandardOutput();
        using var file = options.Log is null ? null : new FileStream(options.Log, FileMode.Append, FileAccess.Write, FileShare.Read);
        var writer = new EventWriter(lines, file is null ? [console] : [console, file], line => Volatile.Read(ref link)?.SendEve(line), Log);
        try
        {
            var hello = await engine.StartAsync(ending.Token);
            if (options.Agent is { } agent)
            {
                Volatile.Write(ref link, new AgentLink(agent, hello, engine.LoadAsync, engine.Identify, engine.Route, Log));
                linking = link.RunAsync(ending.Token);
            }
            else if (engine is DemiluneEngine own)
            {
                Say(own.LoadLibrary());
            }

            while (!engine.Ended.IsCompleted && !ending.IsCancellationRequested)
            {
                await Task.WhenAny(engine.Ended, Task.Delay(StatsInterval, ending.Token));
                link?.SendStats(engine.ReadStats() with { EventsLost = lines.Lost + link.Lost });
                if (health.IsFaulted) await health;
            }
            if (!ending.IsCancellationRequested) await engine.Ended;
        }
        finally
        {
            await ending.CancelAsync();
            await engine.DisposeAsync();
            writer.Finish();
            await linking;
            await health.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static IEngine Create(FirewallOptions options, EveLineSink events) => options.Engine switch
    {
        FirewallOptions.Suricata => new SuricataEngine(options, events, Log),
        _ => new DemiluneEngine(options, events, Log),
    };

    private static void Say(PolicyLoaded loaded)
    {
        Log($"policy {loaded.Name}: {(loaded.Ok ? $"{loaded.Rules} rules in force" : "not in force")}");
        foreach (var error in loaded.Errors) Log(error);
    }

    private static void Log(string message) => Console.Error.WriteLine($"demilune-firewall: {message}");
}
