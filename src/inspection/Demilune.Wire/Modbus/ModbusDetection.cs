using System.Buffers.Binary;

namespace Demilune.Wire.Modbus;

/// <summary>Tells Modbus over TCP from others. It has no mark of its own.</summary>
public static class ModbusDetection
{
    /// <summary>A request that makes sense in every field: protocol 0, the right length, a common function with quantities that it allows.</summary>
    public static Detection OfClient(ReadOnlySpan<byte> bytes)
    {
        var outcome = OfAny(bytes);
        if (outcome != Detection.Yes || bytes.Length < ModbusMessage.HeaderLength + 6) return outcome == Detection.No ? Detection.No : Detection.Incomplete;
        var length = ModbusMessage.LengthOf(bytes);
        if (bytes[7] is not ((>= 1 and <= 6) or 15 or 16)) return Detection.No;
        if (bytes.Length < length) return Detection.Incomplete;
        return ModbusMessage.Read(bytes[..length], isRequest: true) is { Faults: ModbusFaults.None } ? Detection.Yes : Detection.No;
    }

    /// <summary>For the port of Modbus: protocol 0 and a length that may be.</summary>
    public static Detection OfAny(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= 4 && BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]) != 0) return Detection.No;
        if (bytes.Length >= 6 && BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]) is < 2 or > 254) return Detection.No;
        if (bytes.Length < ModbusMessage.HeaderLength + 2) return Detection.Incomplete;
        return bytes[7] == 0 ? Detection.No : Detection.Yes;
    }
}
