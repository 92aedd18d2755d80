using Demilune.Firewall.Packets;

namespace Demilune.Firewall.Health;

/// <summary>Whether the packet thread does its work. May be asked by any thread.</summary>
/// <param name="counters">Of the packet thread.</param>
/// <param name="policiesLoaded">Whether there is something to judge by, or nothing was asked for.</param>
internal sealed class HealthState(PacketCounters counters, Func<bool> policiesLoaded)
{
    /// <summary>A packet thread that was silent for longer is not running: ten times the longest heartbeat interval.</summary>
    private const long SilenceNanos = 2 * HeartbeatSchedule.OrdinaryDeadline;

    /// <returns>"ok", or what is missing.</returns>
    public string Describe(long steadyNow)
    {
        var last = Volatile.Read(ref counters.LastTurn);
        if (last == 0) return "the packet thread has not started: the interfaces are not there yet";
        if (steadyNow - last > SilenceNanos) return $"the packet thread has been silent for {(steadyNow - last) / 1_000_000} ms";
        return policiesLoaded() ? Ok : "no policies yet: the agent has not sent any, or could not be reached";
    }

    public const string Ok = "ok";
}
