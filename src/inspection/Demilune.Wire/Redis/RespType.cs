namespace Demilune.Wire.Redis;

/// <summary>The first byte of a value (RESP 2 and 3).</summary>
public enum RespType : byte
{
    Simple = (byte)'+',
    Error = (byte)'-',
    Integer = (byte)':',
    Bulk = (byte)'$',
    Array = (byte)'*',
    Null = (byte)'_',
    Double = (byte)',',
    Boolean = (byte)'#',
    BulkError = (byte)'!',
    Verbatim = (byte)'=',
    BigNumber = (byte)'(',
    Set = (byte)'~',
    Map = (byte)'%',

    /// <summary>A server says it unasked.</summary>
    Push = (byte)'>',

    /// <summary>Stands before a value and tells about it.</summary>
    Attribute = (byte)'|',
}

/// <summary>A value that holds no others, or the head of one that does.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Start">Where its bytes lie in the reader.</param>
/// <param name="Length">How many of them are held.</param>
/// <param name="Count">Of values that hold others: how many. Otherwise all of its bytes. -1: a null.</param>
public readonly record struct RespElement(RespType Type, int Start, int Length, long Count)
{
    /// <summary>It holds others.</summary>
    public bool IsAggregate => Type is RespType.Array or RespType.Set or RespType.Map or RespType.Push or RespType.Attribute;
}
