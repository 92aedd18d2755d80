namespace Demilune.Wire.Mqtt;

/// <summary>MQTT's variable byte integer: seven bits a byte, least significant first, at most four bytes (MQTT 5.0 §1.5.5).</summary>
public static class MqttInteger
{
    public const int MaxLength = 4;

    /// <returns>Incomplete: no byte without the continuation bit yet. No: there will be none within four.</returns>
    public static Detection TryRead(ReadOnlySpan<byte> bytes, out int value, out int length)
    {
        value = 0;
        for (length = 0; length < Math.Min(bytes.Length, MaxLength);)
        {
            var b = bytes[length];
            value |= (b & 0x7f) << 7 * length;
            length++;
            if ((b & 0x80) == 0) return Detection.Yes;
        }
        return length == MaxLength ? Detection.No : Detection.Incomplete;
    }

    internal static int Read(ref WireReader reader)
    {
        var value = 0;
        for (var i = 0; i < MaxLength; i++)
        {
            var b = reader.U8();
            value |= (b & 0x7f) << 7 * i;
            if ((b & 0x80) == 0) return value;
        }
        reader.Take(int.MaxValue);      // a fifth byte does not exist
        return 0;
    }
}
