using System.Runtime.InteropServices;
using Demilune.Firewall.Packets;
using Demilune.Linux.PacketIo;

namespace Demilune.Bench;

/// <summary>The firewall's packet loop with nothing to judge: what the wire alone costs.</summary>
internal static class Forwarder
{
    public static int Run(string inside, string outside)
    {
        using var stop = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => { signal.Cancel = true; stop.Cancel(); });
        using var into = PacketSocket.Open(inside);
        using var from = PacketSocket.Open(outside);
        using var pressure = new CpuPressure();
        using var observe = new Timer(_ => pressure.Observe(), null, 0, 100);
        using var loop = new PacketLoop(into, from, new PassThrough(), new(), pressure, realTime: false);
        loop.Run(stop.Token);
        return 0;
    }
}
