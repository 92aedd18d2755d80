using Demilune.Wire.Mqtt;

namespace Demilune.Fuzz.Targets;

/// <summary>MQTT: nothing may throw, every field lies within its packet, and how the stream is cut changes nothing.</summary>
internal static class MqttTarget
{
    public static FuzzTarget Stream { get; } = new("mqtt", "one direction of an MQTT connection", bytes =>
    {
        MqttDetection.OfClient(bytes);
        MqttDetection.OfAny(bytes);
        if (Read(bytes, bytes.Length) != Read(bytes, 1)) throw new InvalidOperationException("cutting the stream changed what was read");
    });

    private static int Read(ReadOnlySpan<byte> bytes, int piece)
    {
        var (reader, packet) = (new MqttStreamReader(), new MqttPacket());
        var hash = new HashCode();
        while (!bytes.IsEmpty && !reader.IsBroken)
        {
            var part = bytes[..Math.Min(piece, bytes.Length)];
            bytes = bytes[part.Length..];
            while (reader.TryRead(ref part, out var found, out var skipped))
            {
                hash.Add(packet.TryRead(found, skipped, 5));
                hash.Add(packet.Type);
                foreach (var property in packet.Properties) hash.AddBytes(packet[property.Text]);
                foreach (var (name, _) in packet.Topics) hash.AddBytes(packet[name]);
                hash.AddBytes(packet[packet.Message]);
                packet.Shorten(8);
                hash.AddBytes(packet.Bytes);
            }
        }
        return hash.ToHashCode();
    }
}
