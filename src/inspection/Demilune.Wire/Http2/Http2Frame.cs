using System.Buffers.Binary;

namespace Demilune.Wire.Http2;

/// <summary>RFC 9113 §6.</summary>
public enum Http2FrameType : byte { Data, Headers, Priority, ResetStream, Settings, PushPromise, Ping, GoAway, WindowUpdate, Continuation }

/// <summary>The nine bytes before every frame (RFC 9113 §4.1).</summary>
public readonly record struct Http2Frame(int Length, Http2FrameType Type, byte Flags, uint Stream)
{
    public const int HeaderLength = 9;

    public const byte EndStream = 1, Acknowledgment = 1, EndHeaders = 4, Padded = 8, HasPriority = 0x20;

    public bool Has(byte flag) => (Flags & flag) != 0;

    public static Http2Frame Read(ReadOnlySpan<byte> header) =>
        new(header[0] << 16 | header[1] << 8 | header[2], (Http2FrameType)header[3], header[4], BinaryPrimitives.ReadUInt32BigEndian(header[5..]) & 0x7fff_ffff);

    /// <summary>Takes the padding off (§6.1).</summary>
    /// <returns>False: there is more padding than frame.</returns>
    public bool TryUnpad(ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> content)
    {
        content = payload;
        if (!Has(Padded)) return true;
        if (payload.IsEmpty || payload[0] >= payload.Length) return false;
        content = payload[1..^payload[0]];
        return true;
    }
}
