using System.Buffers.Binary;
using System.Text;
using Demilune.Inspection.Frames;
using Demilune.Wire;
using Demilune.Wire.Ip;
using Demilune.Wire.Tcp;

namespace Demilune.Inspection.Tests.Traffic;

/// <summary>Writes the frames of one TCP connection, as two honest ends (or not) would send them.</summary>
internal sealed class Conversation(bool isV6 = false, ushort clientPort = 40_000, ushort serverPort = 8080)
{
    public static readonly IpAddress ClientV4 = Parse("10.0.0.1"), ServerV4 = Parse("10.0.0.2");
    public static readonly IpAddress ClientV6 = Parse("fd00::1"), ServerV6 = Parse("fd00::2");

    public uint ClientNext { get; set; } = 1000;
    public uint ServerNext { get; set; } = 900_000;

    public static IpAddress Parse(string text) => IpAddress.TryParse(text, out var address) ? address : throw new FormatException(text);

    public IEnumerable<Sent> Handshake()
    {
        yield return Segment(Side.Client, ClientNext++, 0, TcpFlags.Syn, default);
        yield return Segment(Side.Server, ServerNext++, ClientNext, TcpFlags.Syn | TcpFlags.Ack, default);
        yield return Segment(Side.Client, ClientNext, ServerNext, TcpFlags.Ack, default);
    }

    /// <summary>Data of one side in pieces of a size, and the other's acknowledgment after each if wanted.</summary>
    public IEnumerable<Sent> Send(Side from, ReadOnlyMemory<byte> bytes, int pieceLength = 1460, bool acknowledge = true)
    {
        for (var offset = 0; offset < bytes.Length; offset += pieceLength)
        {
            var piece = bytes.Slice(offset, Math.Min(pieceLength, bytes.Length - offset));
            yield return Next(from, piece);
            if (acknowledge) yield return Ack(from.Other());
        }
    }

    public IEnumerable<Sent> Send(Side from, string text, int pieceLength = 1460) => Send(from, Encoding.Latin1.GetBytes(text), pieceLength);

    public Sent Next(Side from, ReadOnlyMemory<byte> bytes, TcpFlags flags = TcpFlags.Ack | TcpFlags.Psh)
    {
        var sent = from == Side.Client
            ? Segment(from, ClientNext, ServerNext, flags, bytes.Span)
            : Segment(from, ServerNext, ClientNext, flags, bytes.Span);
        if (from == Side.Client) ClientNext += (uint)bytes.Length;
        else ServerNext += (uint)bytes.Length;
        return sent;
    }

    public Sent Ack(Side from) => Next(from, default, TcpFlags.Ack);

    public IEnumerable<Sent> Finish()
    {
        yield return Segment(Side.Client, ClientNext++, ServerNext, TcpFlags.Fin | TcpFlags.Ack, default);
        yield return Segment(Side.Server, ServerNext++, ClientNext, TcpFlags.Fin | TcpFlags.Ack, default);
        yield return Segment(Side.Client, ClientNext, ServerNext, TcpFlags.Ack, default);
    }

    public Sent Segment(Side from, uint sequence, uint acknowledgment, TcpFlags flags, ReadOnlySpan<byte> payload, ushort window = 65_535)
    {
        var tcp = new byte[20 + payload.Length];
        var isClient = from == Side.Client;
        BinaryPrimitives.WriteUInt16BigEndian(tcp, isClient ? clientPort : serverPort);
        BinaryPrimitives.WriteUInt16BigEndian(tcp.AsSpan(2), isClient ? serverPort : clientPort);
        BinaryPrimitives.WriteUInt32BigEndian(tcp.AsSpan(4), sequence);
        BinaryPrimitives.WriteUInt32BigEndian(tcp.AsSpan(8), acknowledgment);
        tcp[12] = 5 << 4;
        tcp[13] = (byte)flags;
        BinaryPrimitives.WriteUInt16BigEndian(tcp.AsSpan(14), window);
        payload.CopyTo(tcp.AsSpan(20));
        var (source, destination) = Addresses(from);
        BinaryPrimitives.WriteUInt16BigEndian(tcp.AsSpan(16), InternetChecksum.OfTransport(source, destination, IpProtocol.Tcp, tcp));
        return new(from == Side.Client ? Interface.In : Interface.Out, Packets.Frame(source, destination, IpProtocol.Tcp, tcp));
    }

    private (IpAddress, IpAddress) Addresses(Side from)
    {
        var (client, server) = isV6 ? (ClientV6, ServerV6) : (ClientV4, ServerV4);
        return from == Side.Client ? (client, server) : (server, client);
    }
}

/// <summary>A frame and where it came in.</summary>
internal sealed record Sent(Interface Arrival, byte[] Bytes)
{
    /// <summary>Of a frame that was made here: by which interface it leaves.</summary>
    public bool Departed(Interface by) => Arrival == by;
}
