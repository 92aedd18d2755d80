using Demilune.Contracts.Nodes;
using Demilune.Node.Datapath;

namespace Demilune.Node.Observation;

/// <summary>
/// Turns readings of the kernel into transitions. The decision itself is the kernel's, on each packet; this only
/// says when it turned and what it cost.
/// </summary>
internal sealed class LivenessTracker
{
    private readonly Dictionary<string, Known> _known = [];

    /// <summary>Pure but for its memory of the last reading of each port pair.</summary>
    /// <param name="podOf">Port pair → "namespace/name" of the firewall's pod.</param>
    public IReadOnlyList<Transition> Next(IReadOnlyList<FirewallReading> readings, Func<string, string> podOf, DateTimeOffset now)
    {
        List<Transition>? transitions = null;
        foreach (var reading in readings)
        {
            if (!_known.TryGetValue(reading.PortPairId, out var before))
            {
                // Not alive yet is no transition: a firewall that starts has not failed.
                if (reading.Alive) (transitions ??= []).Add(Turn(reading, podOf(reading.PortPairId), now, 0, 0, "first heartbeat"));
                else continue;
                _known[reading.PortPairId] = new(true, reading.DroppedClosed, reading.PassedOpen);
                continue;
            }

            if (before.Alive == reading.Alive) continue;
            var transition = reading.Alive
                ? Turn(reading, podOf(reading.PortPairId), now, reading.DroppedClosed - before.Dropped, reading.PassedOpen - before.Passed, "heartbeats are back")
                : Turn(reading, podOf(reading.PortPairId), now, 0, 0, $"no heartbeat for {reading.HeartbeatAge?.TotalMilliseconds:0.0} ms");
            (transitions ??= []).Add(transition);
            _known[reading.PortPairId] = new(reading.Alive, reading.DroppedClosed, reading.PassedOpen);
        }

        if (_known.Count > readings.Count)
            foreach (var gone in _known.Keys.Except(readings.Select(reading => reading.PortPairId)).ToArray()) _known.Remove(gone);
        return transitions ?? (IReadOnlyList<Transition>)[];
    }

    private static Transition Turn(FirewallReading reading, string pod, DateTimeOffset now, ulong dropped, ulong passed, string reason) => new()
    {
        PortPairId = reading.PortPairId,
        FirewallPod = pod,
        Alive = reading.Alive,
        Reason = reason,
        AtUnixMicros = now.UtcTicks / 10 - DateTimeOffset.UnixEpoch.UtcTicks / 10,
        DecisionMicros = reading.Alive ? 0 : (ulong)(reading.HeartbeatAge?.TotalMicroseconds ?? 0),
        DroppedClosed = dropped,
        PassedOpen = passed,
    };

    private readonly record struct Known(bool Alive, ulong Dropped, ulong Passed);
}
