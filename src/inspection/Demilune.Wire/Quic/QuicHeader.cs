using System.Buffers.Binary;

namespace Demilune.Wire.Quic;

/// <summary>Kinds of packets (RFC 9000 §17.2).</summary>
public enum QuicPacketType : byte
{
    Initial,
    ZeroRtt,
    Handshake,
    Retry,
    VersionNegotiation,

    /// <summary>A short header: everything but the connection's number is secret.</summary>
    Short,
}

/// <summary>A packet's header as far as it can be read without keys, seen in place.</summary>
public readonly ref struct QuicHeader
{
    /// <summary>RFC 9000 §17.2: longer numbers exist in no version.</summary>
    private const int MaxConnectionId = 20;

    public QuicPacketType Type { get; private init; }
    public uint Version { get; private init; }

    /// <summary>The connection's number as its receiver calls it.</summary>
    public ReadOnlySpan<byte> Destination { get; private init; }

    /// <summary>Bytes before the packet's number, which is protected; of Google's, before its content.</summary>
    public int Length { get; private init; }

    /// <summary>Bytes behind <see cref="Length"/> that belong to this packet: a datagram may hold several.</summary>
    public int ContentLength { get; private init; }

    /// <param name="datagram">From the packet's first byte on.</param>
    /// <param name="header">What it says.</param>
    public static bool TryRead(ReadOnlySpan<byte> datagram, out QuicHeader header)
    {
        header = default;
        if (datagram.IsEmpty) return false;
        if ((datagram[0] & 0x80) == 0)
        {
            header = new() { Type = QuicPacketType.Short, Length = 1, ContentLength = datagram.Length - 1 };
            return true;
        }
        var reader = new WireReader(datagram);
        var first = reader.U8();
        var version = reader.U32();
        var isGoogles = QuicVersions.IsGoogles(version);
        if (!TryType(first, version, out var type)) return false;
        ReadOnlySpan<byte> destination;
        if (isGoogles)
        {
            var lengths = reader.U8();
            destination = reader.Take(lengths >> 4 == 0 ? 0 : (lengths >> 4) + 3);
            reader.Take((lengths & 0xf) == 0 ? 0 : (lengths & 0xf) + 3);
            if (type == QuicPacketType.Initial) reader.Take(4 + 12);        // the packet's number, and a checksum
        }
        else
        {
            destination = reader.Vector8();
            var source = reader.Vector8();
            if (destination.Length > MaxConnectionId || source.Length > MaxConnectionId) return false;
        }
        var content = reader.Rest.Length;
        if (!isGoogles && type is QuicPacketType.Initial or QuicPacketType.ZeroRtt or QuicPacketType.Handshake)
        {
            if (type == QuicPacketType.Initial && TryNumber(ref reader, out var token)) reader.Take((int)Math.Min(token, int.MaxValue));
            if (!TryNumber(ref reader, out var length) || length > (ulong)reader.Rest.Length) return false;
            content = (int)length;
        }
        if (reader.Failed) return false;
        header = new()
        {
            Type = type, Version = version, Destination = destination, Length = datagram.Length - reader.Rest.Length, ContentLength = content,
        };
        return true;
    }

    /// <summary>A number whose first two bits say how long it is (RFC 9000 §16).</summary>
    public static bool TryNumber(ref WireReader reader, out ulong number)
    {
        var first = reader.U8();
        number = (ulong)(first & 0x3f);
        for (var more = (1 << (first >> 6)) - 1; more > 0; more--) number = number << 8 | reader.U8();
        return !reader.Failed;
    }

    private static bool TryType(byte first, uint version, out QuicPacketType type)
    {
        type = (first >> 4 & 3) switch { 0 => QuicPacketType.Initial, 1 => QuicPacketType.ZeroRtt, 2 => QuicPacketType.Handshake, _ => QuicPacketType.Retry };
        if (version == 0)
        {
            type = QuicPacketType.VersionNegotiation;
        }
        else if (version == QuicVersions.Version2)
        {
            // RFC 9369 §3.2 turned them round so that nobody relies on them.
            type = (first >> 4 & 3) switch { 0 => QuicPacketType.Retry, 1 => QuicPacketType.Initial, 2 => QuicPacketType.ZeroRtt, _ => QuicPacketType.Handshake };
        }
        else if (QuicVersions.IsGoogles(version) && version != QuicVersions.Q046)
        {
            type = (first & 0x7f) switch { 0x7f => QuicPacketType.Initial, 0x7e => QuicPacketType.Retry, 0x7d => QuicPacketType.Handshake, _ => QuicPacketType.ZeroRtt };
            return (first & 0x7f) >= 0x7c;
        }
        return true;
    }
}
