using System.Buffers.Binary;

namespace Demilune.Wire.Ethernet;

/// <summary>An Ethernet frame with its VLAN tags, seen in place.</summary>
public readonly ref struct EthernetView
{
    /// <summary>Two addresses and a type.</summary>
    public const int HeaderLength = 14;

    private const int TagLength = 4;

    /// <summary>802.1ad allows two; a third is somebody who tries to hide what follows.</summary>
    private const int MaxTags = 2;

    private readonly ReadOnlySpan<byte> _bytes;

    private EthernetView(ReadOnlySpan<byte> bytes, int payloadOffset, ushort type, int outerVlan, int innerVlan)
    {
        _bytes = bytes;
        (PayloadOffset, Type, OuterVlan, InnerVlan) = (payloadOffset, type, outerVlan, innerVlan);
    }

    public ReadOnlySpan<byte> Destination => _bytes[..6];
    public ReadOnlySpan<byte> Source => _bytes[6..12];

    /// <summary>Of what follows the tags.</summary>
    public ushort Type { get; }

    /// <summary>VID of the first tag, 0 without tags.</summary>
    public int OuterVlan { get; }

    /// <summary>VID of the second tag, 0 without.</summary>
    public int InnerVlan { get; }

    /// <summary>Bytes of the header with its tags.</summary>
    public int PayloadOffset { get; }

    public ReadOnlySpan<byte> Payload => _bytes[PayloadOffset..];

    public static bool TryView(ReadOnlySpan<byte> frame, out EthernetView view)
    {
        view = default;
        if (frame.Length < HeaderLength) return false;
        var offset = HeaderLength;
        var type = BinaryPrimitives.ReadUInt16BigEndian(frame[12..]);
        Span<int> vlans = [0, 0];
        for (var tags = 0; IsTag(type); tags++)
        {
            if (tags == MaxTags || frame.Length < offset + TagLength) return false;
            vlans[tags] = BinaryPrimitives.ReadUInt16BigEndian(frame[offset..]) & 0xfff;
            type = BinaryPrimitives.ReadUInt16BigEndian(frame[(offset + 2)..]);
            offset += TagLength;
        }
        view = new(frame, offset, type, vlans[0], vlans[1]);
        return true;
    }

    private static bool IsTag(ushort type) => type is EtherType.Vlan or EtherType.ServiceVlan or EtherType.OldServiceVlan;
}
