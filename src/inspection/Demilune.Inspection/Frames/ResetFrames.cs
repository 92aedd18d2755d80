using System.Buffers.Binary;
using Demilune.Inspection.Flows;
using Demilune.Wire;
using Demilune.Wire.Ip;
using Demilune.Wire.Tcp;

namespace Demilune.Inspection.Frames;

/// <summary>Makes the resets that end a blocked connection at both ends.</summary>
internal static class ResetFrames
{
    private const int TtlOfOurs = 64;

    /// <param name="frame">The frame that is dropped; it came from <paramref name="from"/>.</param>
    /// <param name="header">Its Ethernet header, with tags.</param>
    /// <param name="delivered">The next number that the receiver of <paramref name="frame"/> waits for: what it has got so far.</param>
    /// <param name="answer">To the sender instead of a reset: the last that it hears of this connection.</param>
    public static void Queue(
        in Frame frame, ReadOnlySpan<byte> header, Flow flow, Side from, uint delivered, int tag, ReadOnlySpan<byte> answer, FrameQueue queue)
    {
        var answered = flow[from.Other()].Next + (flow[from.Other()].IsClosed ? 1u : 0);
        var other = frame.Arrival == Interface.In ? Interface.Out : Interface.In;
        // The words of a spliced flow are the same both ways; plain addresses have to be turned.
        Write(queue, header, other, tag, flow, from, delivered, answered, default, swap: false);
        Write(queue, header, frame.Arrival, tag, flow, from.Other(), answered, flow[from].Next, answer, swap: frame.FlowId == 0);
    }

    private static void Write(
        FrameQueue queue, ReadOnlySpan<byte> ethernet, Interface departure, int tag, Flow flow, Side source, uint sequence, uint acknowledgment,
        ReadOnlySpan<byte> payload, bool swap)
    {
        var isV6 = !flow.Client.IsV4;
        var ipLength = isV6 ? 40 : 20;
        var bytes = queue.Add(ethernet.Length + ipLength + TcpView.MinHeaderLength + payload.Length, departure, tag);
        if (bytes.IsEmpty) return;
        ethernet.CopyTo(bytes);
        if (swap)
        {
            ethernet[..6].CopyTo(bytes[6..]);
            ethernet[6..12].CopyTo(bytes);
        }
        var (from, to) = source == Side.Client ? (flow.Client, flow.Server) : (flow.Server, flow.Client);
        var (fromPort, toPort) = source == Side.Client ? (flow.ClientPort, flow.ServerPort) : (flow.ServerPort, flow.ClientPort);
        var ip = bytes[ethernet.Length..];
        var tcp = ip[ipLength..];
        BinaryPrimitives.WriteUInt16BigEndian(tcp, fromPort);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[2..], toPort);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], sequence);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[8..], acknowledgment);
        tcp[12] = TcpView.MinHeaderLength / 4 << 4;
        tcp[13] = (byte)(payload.IsEmpty ? TcpFlags.Rst | TcpFlags.Ack : TcpFlags.Psh | TcpFlags.Ack | TcpFlags.Fin);
        if (!payload.IsEmpty) BinaryPrimitives.WriteUInt16BigEndian(tcp[14..], ushort.MaxValue);
        payload.CopyTo(tcp[TcpView.MinHeaderLength..]);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[16..], InternetChecksum.OfTransport(from, to, IpProtocol.Tcp, tcp));
        if (isV6) WriteV6(ip, from, to);
        else WriteV4(ip, from, to);
    }

    private static void WriteV4(Span<byte> ip, IpAddress from, IpAddress to)
    {
        ip[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)ip.Length);
        ip[6] = 0x40;       // do not fragment
        ip[8] = TtlOfOurs;
        ip[9] = IpProtocol.Tcp;
        BinaryPrimitives.WriteUInt32BigEndian(ip[12..], (uint)from.Value);
        BinaryPrimitives.WriteUInt32BigEndian(ip[16..], (uint)to.Value);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], InternetChecksum.Of(ip[..20]));
    }

    private static void WriteV6(Span<byte> ip, IpAddress from, IpAddress to)
    {
        ip[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)(ip.Length - 40));
        ip[6] = IpProtocol.Tcp;
        ip[7] = TtlOfOurs;
        BinaryPrimitives.WriteUInt128BigEndian(ip[8..], from.Value);
        BinaryPrimitives.WriteUInt128BigEndian(ip[24..], to.Value);
    }
}
