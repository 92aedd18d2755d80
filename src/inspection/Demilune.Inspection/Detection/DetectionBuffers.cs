using Demilune.Inspection.Events;
using Demilune.Inspection.Files;
using Demilune.Inspection.Sessions;
using Demilune.Rules.Buffers;

namespace Demilune.Inspection.Detection;

/// <summary>What signatures can look into at one moment of one flow.</summary>
internal readonly ref struct DetectionBuffers : IInspectionBuffers
{
    /// <summary>Payload of the packet at hand, or the bytes of the stream that are being judged.</summary>
    public ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>Header of the packet's network layer.</summary>
    public ReadOnlySpan<byte> IpHeader { get; init; }

    /// <summary>Header of the packet's transport.</summary>
    public ReadOnlySpan<byte> TransportHeader { get; init; }

    /// <summary>The packet's addresses, 4 or 16 bytes each.</summary>
    public ReadOnlySpan<byte> Source { get; init; }
    public ReadOnlySpan<byte> Destination { get; init; }

    /// <summary>Instead of <see cref="Stream"/>: a piece of it, and the place of its first byte.</summary>
    public ReadOnlySpan<byte> Raw { get; init; }
    public long RawStart { get; init; }

    /// <summary>The stream, if any signature looks into it as a whole.</summary>
    public InspectionWindow? Stream { get; init; }

    /// <summary>The message that this direction is busy with.</summary>
    public IMessageBuffers? Message { get; init; }

    /// <summary>The piece of its body at hand.</summary>
    public ReadOnlySpan<byte> Body { get; init; }

    /// <summary>The name, in lower case, of what a parser has just noticed.</summary>
    public ReadOnlySpan<byte> Event { get; init; }

    /// <summary>A piece of the protocol as it is on the wire, the place of its first byte in the whole of it, and what it is.</summary>
    public ReadOnlySpan<byte> Frame { get; init; }
    public long FrameStart { get; init; }
    public FrameFacts? FrameFacts { get; init; }

    /// <summary>The file that the message carries.</summary>
    public TrackedFile? File { get; init; }

    /// <summary>IANA number of the transport; 4 or 6 of the network.</summary>
    public byte Protocol { get; init; }
    public bool IsV6 { get; init; }

    public bool TryGet(BufferId id, int instance, out BufferView view)
    {
        switch (id)
        {
            case BufferId.PacketPayload: return Whole(Payload, instance, out view);
            case BufferId.Frame:
                view = new(Frame, FrameStart, FrameFacts is { IsComplete: true });
                return instance == 0 && FrameFacts is not null;
            case BufferId.AppLayerEvent: return Whole(Event, instance, out view);
            case BufferId.Stream when !Raw.IsEmpty:
                view = new(Raw, RawStart);
                return instance == 0;
            case BufferId.Stream when Stream is not null && instance == 0:
                view = Stream.View(Payload);
                return view.Bytes.Length > 0;
            case BufferId.Ipv4Header when !IsV6: return Whole(IpHeader, instance, out view);
            case BufferId.Ipv6Header when IsV6: return Whole(IpHeader, instance, out view);
            case BufferId.IpSource: return Whole(Source, instance, out view);
            case BufferId.IpDestination: return Whole(Destination, instance, out view);
            case BufferId.TcpHeader when Protocol == Wire.Ip.IpProtocol.Tcp: return Whole(TransportHeader, instance, out view);
            case BufferId.UdpHeader when Protocol == Wire.Ip.IpProtocol.Udp: return Whole(TransportHeader, instance, out view);
            case BufferId.Icmpv4Header when Protocol == Wire.Ip.IpProtocol.Icmp: return Whole(TransportHeader, instance, out view);
            case BufferId.Icmpv6Header when Protocol == Wire.Ip.IpProtocol.Icmpv6: return Whole(TransportHeader, instance, out view);
        }
        view = default;
        if (id is >= BufferId.FileData and <= BufferId.FileSha256) return File is not null && File.TryGet(id, instance, Body, out view);
        return Message is not null && Message.TryGet(id, instance, Body, out view);
    }

    private static bool Whole(ReadOnlySpan<byte> bytes, int instance, out BufferView view)
    {
        view = new(bytes);
        return instance == 0 && !bytes.IsEmpty;
    }
}
