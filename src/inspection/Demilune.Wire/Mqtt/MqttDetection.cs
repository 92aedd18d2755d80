namespace Demilune.Wire.Mqtt;

/// <summary>Tells MQTT from others.</summary>
public static class MqttDetection
{
    /// <summary>A client begins with CONNECT, which names the protocol (MQTT 3.1 §3.1, 5.0 §3.1.2.1).</summary>
    public static Detection OfClient(ReadOnlySpan<byte> bytes)
    {
        if (bytes is [not 0x10, ..]) return Detection.No;
        if (bytes.Length < 2) return Detection.Incomplete;
        var outcome = MqttInteger.TryRead(bytes[1..], out var remaining, out var length);
        if (outcome != Detection.Yes) return outcome;
        if (remaining < 10) return Detection.No;
        return Either(Begins(bytes[(1 + length)..], [0, 4, .. "MQTT"u8]), Begins(bytes[(1 + length)..], [0, 6, .. "MQIsdp"u8]));
    }

    /// <summary>Any control packet, for the ports of MQTT: a fixed header that can be one.</summary>
    public static Detection OfAny(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 2) return Detection.Incomplete;
        var (type, flags) = ((MqttType)(bytes[0] >> 4), bytes[0] & 0xf);
        // Only PUBLISH has flags that vary; PUBREL, SUBSCRIBE and UNSUBSCRIBE have 0010, and old clients a repeated one.
        if (type is MqttType.Unassigned && flags != 0) return Detection.No;
        return MqttInteger.TryRead(bytes[1..], out _, out _);
    }

    private static Detection Begins(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> expected)
    {
        var length = Math.Min(bytes.Length, expected.Length);
        if (!bytes[..length].SequenceEqual(expected[..length])) return Detection.No;
        return length == expected.Length ? Detection.Yes : Detection.Incomplete;
    }

    private static Detection Either(Detection one, Detection other) =>
        one == Detection.Yes || other == Detection.Yes ? Detection.Yes : one == Detection.Incomplete || other == Detection.Incomplete ? Detection.Incomplete : Detection.No;
}
