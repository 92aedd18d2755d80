using System.Net.NetworkInformation;
using Demilune.Firewall.Routing;
using Demilune.Linux.PacketIo;

namespace Demilune.Firewall.Packets;

/// <summary>The thread that runs the <see cref="PacketLoop"/>: waits for the interfaces, then works until it is stopped.</summary>
internal sealed class PacketThread(FirewallOptions options, IFrameJudge judge, PacketCounters counters, CpuPressure pressure, Action<string> log)
{
    /// <summary>Above every ordinary thread, below every other real-time one.</summary>
    private const int Priority = 1;

    private static readonly TimeSpan InterfacePause = TimeSpan.FromMilliseconds(50);

    private readonly TaskCompletionSource<bool> _realTime = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile RoutingTable _routes = RoutingTable.Empty;
    private volatile Router? _router;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Puts a routing table in force. Any thread, at any time; without effect in a firewall that does not route.</summary>
    public void Publish(RoutingTable table)
    {
        _routes = table;
        _router?.Publish(table);
    }

    /// <summary>Whether the thread got SCHED_FIFO; known soon after <see cref="Start"/>.</summary>
    public Task<bool> RealTimeGranted => _realTime.Task;

    /// <summary>Ends when the thread does; with its exception if it failed.</summary>
    public Task Ended => _ended.Task;

    public void Start(CancellationToken stop)
    {
        var thread = new Thread(() => Run(stop)) { Name = "packets" };
        thread.Start();
    }

    private void Run(CancellationToken stop)
    {
        try
        {
            var realTime = EnterRealTime();
            if (options.Cpu is { } cpu && !RealTime.TryPinTo(cpu)) log($"--cpu {cpu}: this process may not run there; the packet thread runs anywhere");
            _realTime.SetResult(realTime);
            if (!WaitForInterfaces(stop)) return;
            using var inside = PacketSocket.Open(options.In);
            using var outside = PacketSocket.Open(options.Out);
            if (options.Routes)
            {
                _router = new(MacOf(options.In), MacOf(options.Out));
                _router.Publish(_routes);       // one that came before us, or between these two lines
            }
            using var loop = new PacketLoop(inside, outside, judge, counters, pressure, realTime, _router);
            log($"{(options.Routes ? "routing" : "forwarding")} between {options.In} and {options.Out}, {(realTime ? "real-time" : "ordinary")} scheduling");
            loop.Run(stop);
        }
        catch (Exception failure)
        {
            // The boundary of the thread: whoever waits for its end gets it.
            _realTime.TrySetResult(false);
            _ended.SetException(failure);
        }
        finally
        {
            _ended.TrySetResult();
        }
    }

    private static ulong MacOf(string name) => NetworkInterface.GetAllNetworkInterfaces().Single(one => one.Name == name)
        .GetPhysicalAddress().GetAddressBytes().Aggregate(0ul, (mac, one) => (mac << 8) | one);

    private bool EnterRealTime()
    {
        if (!options.RealTime) return false;
        if (RealTime.TryEnter(Priority, out var error)) return true;
        log($"no real-time scheduling ({error}; CAP_SYS_NICE is needed): the heartbeat keeps a deadline of 100 ms instead of 10 ms");
        return false;
    }

    private bool WaitForInterfaces(CancellationToken stop)
    {
        string[] names = [options.In, options.Out];
        string? said = null;
        while (names.FirstOrDefault(name => !PacketSocket.InterfaceExists(name)) is { } missing)
        {
            if (said != missing) log($"waiting for interface {said = missing}");
            if (stop.WaitHandle.WaitOne(InterfacePause)) return false;
        }
        return true;
    }
}
