using System.Buffers.Binary;

namespace Demilune.Wire;

/// <summary>Reads network-order fields off the front of a span. The first short read fails it for good.</summary>
public ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>More was asked for than there was. All reads since have given zeros and empty spans.</summary>
    public bool Failed { get; private set; }

    /// <summary>Nothing is left.</summary>
    public readonly bool IsEmpty => _rest.IsEmpty;

    /// <summary>What is left.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    public byte U8() => Take(1) is [var b] ? b : (byte)0;
    public ushort U16() => Take(2) is { Length: 2 } s ? BinaryPrimitives.ReadUInt16BigEndian(s) : (ushort)0;
    public int U24() => Take(3) is [var a, var b, var c] ? a << 16 | b << 8 | c : 0;
    public uint U32() => Take(4) is { Length: 4 } s ? BinaryPrimitives.ReadUInt32BigEndian(s) : 0;
    public ulong U64() => Take(8) is { Length: 8 } s ? BinaryPrimitives.ReadUInt64BigEndian(s) : 0;

    /// <summary>A vector with its length in one byte before it.</summary>
    public ReadOnlySpan<byte> Vector8() => Take(U8());

    /// <summary>A vector with its length in two bytes before it.</summary>
    public ReadOnlySpan<byte> Vector16() => Take(U16());

    public ReadOnlySpan<byte> Take(int count)
    {
        if (Failed || (uint)count > (uint)_rest.Length)
        {
            Failed = true;
            _rest = default;
            return default;
        }
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
