namespace Demilune.Inspection.Verdicts;

/// <summary>What is to happen with a frame, and what is settled about the rest of its flow.</summary>
/// <param name="Frame">With this frame.</param>
/// <param name="Flow">With the frames after it.</param>
/// <param name="Reason">Why, if the frame is dropped.</param>
public readonly record struct Verdict(FrameVerdict Frame, FlowVerdict Flow, DropReason Reason)
{
    /// <summary>Send it on and show me the next one.</summary>
    public static Verdict Forward => default;

    /// <summary>Send it on; nothing that follows in this flow can change the verdict, so the kernel may let it go straight.</summary>
    public static Verdict Release => new(FrameVerdict.Forward, FlowVerdict.Release, DropReason.None);

    /// <summary>Drop this frame only.</summary>
    public static Verdict Drop(DropReason reason) => new(FrameVerdict.Drop, FlowVerdict.Undecided, reason);

    /// <summary>Drop this frame and every later one of the flow, in both directions; resets, if any, are in the frame queue.</summary>
    public static Verdict Block(DropReason reason) => new(FrameVerdict.Drop, FlowVerdict.Block, reason);
}

/// <summary>What is to happen with a frame.</summary>
public enum FrameVerdict : byte
{
    /// <summary>Send it on by the other interface, unchanged.</summary>
    Forward,

    /// <summary>Do not.</summary>
    Drop,
}

/// <summary>What is settled about a flow.</summary>
public enum FlowVerdict : byte
{
    /// <summary>Nothing yet: every frame has to be judged.</summary>
    Undecided,

    /// <summary>Nothing that follows will be looked at.</summary>
    Release,

    /// <summary>Everything that follows is dropped.</summary>
    Block,
}
