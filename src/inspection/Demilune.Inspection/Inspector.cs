using Demilune.Inspection.Events;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Policies;
using Demilune.Inspection.Verdicts;

namespace Demilune.Inspection;

/// <summary>
/// Judges frames: flows, streams, sessions and rules of one packet thread. Not thread-safe but for <see cref="Publish"/>; knows no clock,
/// no socket and no log.
/// </summary>
public sealed partial class Inspector(InspectorOptions options)
{
    private PolicySetSnapshot _policies = PolicySetSnapshot.Empty;

    /// <summary>Counters.</summary>
    public InspectorStatistics Statistics { get; } = new();

    /// <summary>What it was made with.</summary>
    public InspectorOptions Options { get; } = options;

    /// <summary>Replaces the policies from the next frame on. Flows keep the rules they began with. Callable from any thread.</summary>
    /// <returns>False if a newer set is already in place.</returns>
    public bool Publish(PolicySetSnapshot policies)
    {
        while (Volatile.Read(ref _policies) is var seen && (seen == PolicySetSnapshot.Empty || policies.Revision > seen.Revision))
            if (Interlocked.CompareExchange(ref _policies, policies, seen) == seen) return true;
        return false;
    }

    /// <summary>Judges one frame. The caller obeys: sends it unchanged by the other interface, or not; and sends what is in <paramref name="inject"/>.</summary>
    /// <param name="frame">As it came.</param>
    /// <param name="now">Nanoseconds since 1970, never smaller than in the call before.</param>
    /// <param name="events">Hears alerts and the like during the call.</param>
    /// <param name="inject">Takes resets.</param>
    public partial Verdict Inspect(in Frame frame, long now, IEventSink events, FrameQueue inject);

    /// <summary>Forgets what has timed out. Call it some times a second, also when no frame comes; costs little.</summary>
    public partial void Tick(long now, IEventSink events);

    /// <summary>Ends every flow, so that the last transactions are reported. For the end of a capture.</summary>
    public partial void Finish(long now, IEventSink events);
}
