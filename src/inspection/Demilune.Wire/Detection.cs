namespace Demilune.Wire;

/// <summary>What the first bytes of one side say about a protocol.</summary>
public enum Detection : byte
{
    /// <summary>They fit so far, and do not prove it.</summary>
    Incomplete,
    Yes,
    No,
}
