using Demilune.Inspection.Frames;
using Demilune.Inspection.Verdicts;

namespace Demilune.Firewall.Packets;

/// <summary>Says what is to happen with a frame. Called on the packet thread only.</summary>
internal interface IFrameJudge
{
    /// <summary>
    /// False until there is something to judge by. Till then the loop sends no heartbeat, so that the splice does with new
    /// flows what their policy wants done without a firewall.
    /// </summary>
    bool IsReady { get; }

    /// <param name="frame">As it came.</param>
    /// <param name="now">Nanoseconds since 1970, never smaller than before.</param>
    /// <param name="inject">Takes frames to send besides.</param>
    Verdict Judge(in Frame frame, long now, FrameQueue inject);

    /// <summary>Called some times a second, also when no frame comes.</summary>
    void Tick(long now);
}
