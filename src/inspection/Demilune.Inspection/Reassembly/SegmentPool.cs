using System.Numerics;

namespace Demilune.Inspection.Reassembly;

/// <summary>Memory for bytes that have to be kept, in powers of two, used again and again. Belongs to one packet thread.</summary>
/// <remarks>What is counted is what was rented, not what is used of it: 1-byte segments cost an attacker more of his allowance than they cost us.</remarks>
internal sealed class SegmentPool(long maxBytes)
{
    private const int MinShift = 8;
    private const int Classes = 15;     // 256 B to 4 MiB

    private readonly Stack<byte[]>[] _free = CreateClasses();

    /// <summary>Bytes rented now.</summary>
    public long Rented { get; private set; }

    /// <summary>What a rent of this size would count.</summary>
    public static int Cost(int length) => 1 << Math.Max(MinShift, BitOperations.Log2((uint)Math.Max(length, 1) * 2 - 1));

    /// <summary>True if that much may still be rented.</summary>
    public bool HasRoomFor(int length) => Rented + Cost(length) <= maxBytes;

    /// <summary>At least <paramref name="length"/> bytes with old content in them. Ask <see cref="HasRoomFor"/> before where the sender decides how much.</summary>
    public byte[] Rent(int length)
    {
        var cost = Cost(length);
        Rented += cost;
        return _free[BitOperations.Log2((uint)cost) - MinShift].TryPop(out var bytes) ? bytes : new byte[cost];
    }

    public void Return(byte[] bytes)
    {
        Rented -= bytes.Length;
        _free[BitOperations.Log2((uint)bytes.Length) - MinShift].Push(bytes);
    }

    private static Stack<byte[]>[] CreateClasses()
    {
        var classes = new Stack<byte[]>[Classes];
        for (var i = 0; i < Classes; i++) classes[i] = new();
        return classes;
    }
}
