using System.Buffers.Binary;

namespace Demilune.Wire.Enip;

/// <summary>Tells EtherNet/IP from others.</summary>
public static class EnipDetection
{
    /// <summary>A session is asked for, or an identity: the header and what follows it are all known values.</summary>
    public static Detection OfClient(ReadOnlySpan<byte> bytes)
    {
        var outcome = OfAny(bytes);
        if (outcome != Detection.Yes) return outcome;
        var command = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        if (command != 0x65 || EnipMessage.LengthOf(bytes) != EnipMessage.HeaderLength + 4) return Detection.No;
        if (bytes.Length < EnipMessage.HeaderLength + 4) return Detection.Incomplete;
        return bytes[EnipMessage.HeaderLength..].StartsWith((ReadOnlySpan<byte>)[1, 0, 0, 0]) ? Detection.Yes : Detection.No;
    }

    /// <summary>For the ports of EtherNet/IP: a header with a known command and status, and no options.</summary>
    public static Detection OfAny(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= 2 && !EnipMessage.IsKnown(BinaryPrimitives.ReadUInt16LittleEndian(bytes))) return Detection.No;
        if (bytes.Length < EnipMessage.HeaderLength) return Detection.Incomplete;
        var status = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        return status is 0 or 1 or 2 or 3 or 0x64 or 0x65 or 0x69 && BinaryPrimitives.ReadUInt32LittleEndian(bytes[20..]) == 0 ? Detection.Yes : Detection.No;
    }
}
