namespace Demilune.Rules.Headers;

/// <summary>A condition on the packet itself: <c>ttl</c>, <c>flags</c>, <c>dsize</c>, <c>itype</c>…</summary>
internal abstract class PacketCondition
{
    public abstract bool Holds(in PacketFacts facts);
}
