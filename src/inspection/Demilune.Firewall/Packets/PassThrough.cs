using Demilune.Inspection.Frames;
using Demilune.Inspection.Verdicts;

namespace Demilune.Firewall.Packets;

/// <summary>Lets everything pass unseen: what the wire alone costs, for measurements.</summary>
internal sealed class PassThrough : IFrameJudge
{
    public bool IsReady => true;

    public Verdict Judge(in Frame frame, long now, FrameQueue inject) => Verdict.Forward;

    public void Tick(long now)
    {
    }
}
