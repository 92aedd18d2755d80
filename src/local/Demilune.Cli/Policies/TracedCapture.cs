using Demilune.Policy.Addresses;
using Demilune.Policy.Model;
using Demilune.Wire.Captures;
using Demilune.Wire.Decoding;
using Demilune.Wire.Ip;
using Demilune.Wire.Tcp;

namespace Demilune.Cli.Policies;

/// <summary>The connections of a capture, in the order of their first packets.</summary>
/// <param name="OfNone">Frames that are of no connection over TCP, UDP or SCTP: ARP, ICMP, later fragments, what could not be read.</param>
/// <param name="Damage">What is wrong with the capture behind the last frame; null: nothing.</param>
internal sealed record TracedCapture(IReadOnlyList<TracedConnection> Connections, long OfNone, string? Damage)
{
    /// <summary>All of it is kept in memory until it is judged.</summary>
    private const long MaxBytes = 256 << 20;

    private const int MaxConnections = 100_000;

    /// <exception cref="InvalidDataException">This is no capture, or more than fits.</exception>
    public static TracedCapture Read(Stream stream)
    {
        var reader = CaptureReader.Open(stream);
        var found = new Dictionary<((IpAddress, ushort), (IpAddress, ushort), byte), TracedConnection>();
        var (ordered, ofNone, bytes) = (new List<TracedConnection>(), 0L, 0L);
        while (reader.TryRead(out var captured))
        {
            PacketDecoder.Decode(captured.Kind, captured.Bytes, TunnelOptions.Default, 0, out var packet);
            if (!packet.HasIp || !packet.HasTransport || !Enum.IsDefined((Protocol)packet.Protocol))
            {
                ofNone++;
                continue;
            }
            if ((bytes += captured.Bytes.Length) > MaxBytes) throw new InvalidDataException($"the capture holds more than {MaxBytes >> 20} MiB; cut it (editcap -c) or filter it");
            (IpAddress Address, ushort Port) source = (packet.Ip.Source, packet.SourcePort), destination = (packet.Ip.Destination, packet.DestinationPort);
            var flags = packet.Protocol == (byte)Protocol.Tcp ? packet.Tcp.Flags & (TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Fin | TcpFlags.Rst) : 0;
            var (there, back) = ((source, destination, packet.Protocol), (destination, source, packet.Protocol));
            var fromClient = found.TryGetValue(there, out var connection);
            if (connection is null) found.TryGetValue(back, out connection);
            if (connection is null || (connection.IsOver && flags == TcpFlags.Syn))
            {
                if (ordered.Count == MaxConnections) throw new InvalidDataException($"the capture has more than {MaxConnections} connections; filter it");
                // The answer of a connection that began before the capture must not be taken for a question.
                fromClient = flags != (TcpFlags.Syn | TcpFlags.Ack);
                var (client, server) = fromClient ? (source, destination) : (destination, source);
                connection = new TracedConnection(ToPrefix(client.Address), ToPrefix(server.Address), (Protocol)packet.Protocol, server.Port);
                found.Remove(back);
                found[fromClient ? there : back] = connection;
                ordered.Add(connection);
            }
            connection.Add(
                new TracedFrame(fromClient, captured.Bytes.ToArray(), captured.Kind, captured.Link, captured.Time), closes: (flags & (TcpFlags.Fin | TcpFlags.Rst)) != 0);
        }
        return new TracedCapture(ordered, ofNone + reader.Skipped, reader.Damage);
    }

    private static Prefix ToPrefix(IpAddress address) => address.IsV4 ? new Prefix(false, (uint)address.Value, 32) : new Prefix(true, address.Value, 128);
}

/// <summary>One connection of a capture.</summary>
/// <param name="Port">Of the side that accepted it.</param>
internal sealed record TracedConnection(Prefix Client, Prefix Server, Protocol Protocol, ushort Port)
{
    private readonly List<TracedFrame> _frames = [];

    /// <summary>A side has closed it: another may begin between the same ports.</summary>
    public bool IsOver { get; private set; }

    public TracedTraffic Traffic => new($"these {_frames.Count} frames", _ => _frames);

    public void Add(TracedFrame frame, bool closes)
    {
        _frames.Add(frame);
        IsOver |= closes;
    }
}
