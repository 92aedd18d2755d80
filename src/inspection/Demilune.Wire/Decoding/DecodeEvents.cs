using System.Runtime.CompilerServices;

namespace Demilune.Wire.Decoding;

/// <summary>What is odd about one packet, in the order in which it was seen; the same may be there more than once.</summary>
public struct DecodeEvents
{
    /// <summary>As many as Suricata notes of one packet. Whoever sends more oddities than that has made his point.</summary>
    private const int Max = 15;

    private UInt128 _bits;
    private Entries _entries;

    /// <summary>How many.</summary>
    public int Count { get; private set; }

    /// <summary>The event's number is its bit.</summary>
    public readonly UInt128 Bits => _bits;

    public readonly bool IsEmpty => Count == 0;

    public readonly DecodeEvent this[int index] => (DecodeEvent)_entries[index];

    public void Add(DecodeEvent odd)
    {
        _bits |= UInt128.One << (int)odd;
        if (Count < Max) _entries[Count++] = (byte)odd;
    }

    public readonly bool Contains(DecodeEvent odd) => (_bits >> (int)odd & 1) != 0;

    [InlineArray(Max)]
    private struct Entries
    {
        private byte _first;
    }
}
