using System.Numerics;
using Demilune.Wire.Ip;

namespace Demilune.Inspection.Flows;

/// <summary>Who talks to whom, the same for both directions: the smaller end is first.</summary>
internal readonly record struct FlowKey
{
    private readonly UInt128 _low;
    private readonly UInt128 _high;
    private readonly ulong _words;
    private readonly ulong _around;

    private FlowKey(UInt128 low, UInt128 high, ushort lowPort, ushort highPort, byte protocol, int network, ulong around)
    {
        _around = around;
        (_low, _high) = (low, high);
        _words = (ulong)lowPort << 48 | (ulong)highPort << 32 | (ulong)(network & 0xff_ffff) << 8 | protocol;
    }

    /// <summary>Secret, so that nobody can choose addresses and ports that all fall into one bucket.</summary>
    private static readonly ulong s_seed = BitConverter.ToUInt64(System.Security.Cryptography.RandomNumberGenerator.GetBytes(8)) | 1;

    /// <param name="around">What else tells flows apart: tunnels and VLANs around them.</param>
    public static FlowKey Of(IpAddress source, ushort sourcePort, IpAddress destination, ushort destinationPort, byte protocol, int network, ulong around = 0)
    {
        var inOrder = source.Value < destination.Value || (source.Value == destination.Value && sourcePort <= destinationPort);
        return inOrder
            ? new(source.Value, destination.Value, sourcePort, destinationPort, protocol, network, around)
            : new(destination.Value, source.Value, destinationPort, sourcePort, protocol, network, around);
    }

    public override int GetHashCode()
    {
        var hash = s_seed;
        hash = Mix(hash ^ (ulong)_low);
        hash = Mix(hash ^ (ulong)(_low >> 64));
        hash = Mix(hash ^ (ulong)_high);
        hash = Mix(hash ^ (ulong)(_high >> 64));
        hash = Mix(hash ^ _words ^ _around);
        return (int)(hash >> 32);
    }

    private static ulong Mix(ulong value)
    {
        var high = Math.BigMul(value, 0x9e37_79b9_7f4a_7c15 ^ s_seed, out ulong low);
        return BitOperations.RotateLeft(high ^ low, 29);
    }

    public bool Equals(FlowKey other) => _words == other._words && _around == other._around && _low == other._low && _high == other._high;
}
