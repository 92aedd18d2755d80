namespace Demilune.Rules.Headers;

/// <summary>A condition on the packet itself: <c>ttl</c>, <c>flags</c>, <c>dsize</c>, <c>itype</c>…</summary>
internal abstract class PacketCondition
{
    /// <summary>It cannot hold for a packet whose IP header could not be read.</summary>
    public virtual bool NeedsIp => true;

    /// <summary>It says the same of all packets of a flow.</summary>
    public virtual bool IsOfFlow => false;

    public abstract bool Holds(in PacketFacts facts);
}
