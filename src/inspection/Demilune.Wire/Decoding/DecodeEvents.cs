namespace Demilune.Wire.Decoding;

/// <summary>A set of <see cref="DecodeEvent"/>: a bit each.</summary>
public struct DecodeEvents
{
    private UInt128 _bits;

    /// <summary>The event's number is its bit.</summary>
    public readonly UInt128 Bits => _bits;

    public readonly bool IsEmpty => _bits == 0;

    /// <summary>How many.</summary>
    public readonly int Count => (int)UInt128.PopCount(_bits);

    public void Add(DecodeEvent odd) => _bits |= UInt128.One << (int)odd;

    public void Add(DecodeEvents others) => _bits |= others._bits;

    public readonly bool Contains(DecodeEvent odd) => (_bits >> (int)odd & 1) != 0;

    /// <summary>Takes one out; the order is that of their numbers.</summary>
    /// <returns>False if none is left.</returns>
    public bool TryTake(out DecodeEvent odd)
    {
        odd = default;
        if (_bits == 0) return false;
        odd = (DecodeEvent)(int)UInt128.TrailingZeroCount(_bits);
        _bits &= _bits - 1;
        return true;
    }
}
