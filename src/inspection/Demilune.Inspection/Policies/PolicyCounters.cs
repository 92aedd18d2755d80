namespace Demilune.Inspection.Policies;

/// <summary>What one security policy has come to. Written by the packet thread; others may read a view that is a moment old.</summary>
public sealed class PolicyCounters
{
    /// <summary>Flows that it has judged or judges; and those on which it blocked something, or would have but for <c>Detect</c>.</summary>
    public long Flows { get; private set; }
    public long Blocked { get; private set; }
    public long WouldBlock { get; private set; }

    /// <summary>Likewise where it stood in the shadow of others.</summary>
    public long ShadowFlows { get; private set; }
    public long ShadowWouldBlock { get; private set; }

    internal void CountFlow(bool isShadow)
    {
        if (isShadow) ShadowFlows++;
        else Flows++;
    }

    internal void CountBlocked() => Blocked++;

    internal void CountWouldBlock(bool isShadow)
    {
        if (isShadow) ShadowWouldBlock++;
        else WouldBlock++;
    }
}
