using Demilune.Inspection;
using Demilune.Inspection.Events;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Policies;
using Demilune.Inspection.Verdicts;

namespace Demilune.Firewall.Packets;

/// <summary>Judges by inspection.</summary>
/// <param name="inspector">Used on the packet thread only, but for <see cref="Publish"/>.</param>
/// <param name="events">Hears what it finds, on the packet thread.</param>
internal sealed class InspectingJudge(Inspector inspector, IEventSink events) : IFrameJudge
{
    private volatile bool _ready;

    /// <summary>True once there were policies, be it none at all: an agent that wants nothing judged has spoken too.</summary>
    public bool IsReady => _ready;

    /// <summary>Puts policies in force from the next frame on. Any thread.</summary>
    public void Publish(PolicySetSnapshot policies)
    {
        inspector.Publish(policies);
        _ready = true;
    }

    public Verdict Judge(in Frame frame, long now, FrameQueue inject) => inspector.Inspect(frame, now, events, inject);

    public void Tick(long now) => inspector.Tick(now, events);
}
