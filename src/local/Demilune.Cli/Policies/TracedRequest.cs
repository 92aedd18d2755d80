using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Demilune.Policy.Intents;
using Demilune.Wire.Captures;
using Demilune.Wire.Decoding;

namespace Demilune.Cli.Policies;

/// <summary>A request from its words on the command line.</summary>
internal static class TracedRequest
{
    /// <param name="line">"GET /x", or a target alone.</param>
    /// <param name="host">Unless a field says another.</param>
    public static TracedTraffic Of(string line, IReadOnlyList<string> headers, string? body, string host)
    {
        var words = line.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0) throw new InvalidDataException("--http: which request? For example 'GET /'");
        var (method, target) = words.Length == 1 ? (body is null ? "GET" : "POST", words[0]) : (words[0], words[1]);
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{method} {target} {(words.Length == 3 ? words[2] : "HTTP/1.1")}\r\n");
        if (!headers.Any(header => header.StartsWith("host:", StringComparison.OrdinalIgnoreCase))) text.Append(CultureInfo.InvariantCulture, $"Host: {host.Split('/')[^1]}\r\n");
        foreach (var header in headers) text.Append(header).Append("\r\n");
        if (body is not null && !headers.Any(header => header.StartsWith("content-length:", StringComparison.OrdinalIgnoreCase) || header.StartsWith("transfer-encoding:", StringComparison.OrdinalIgnoreCase)))
            text.Append(CultureInfo.InvariantCulture, $"Content-Length: {Encoding.Latin1.GetByteCount(body)}\r\n");
        var bytes = Encoding.Latin1.GetBytes(text.Append("\r\n").Append(body).ToString());
        return new TracedTraffic("this request", attempt => Frames(attempt, bytes));
    }

    /// <summary>A handshake, then the request at once.</summary>
    private static IEnumerable<TracedFrame> Frames(Attempt attempt, byte[] request)
    {
        foreach (var (fromClient, flags, sequence, acknowledgment, payload) in new (bool, byte, uint, uint, byte[])[]
        {
            (true, 0x02, 1000, 0, []), (false, 0x12, 5000, 1001, []), (true, 0x10, 1001, 5001, []), (true, 0x18, 1001, 5001, request),
        })
            yield return new TracedFrame(fromClient, Frame(attempt, fromClient, flags, sequence, acknowledgment, payload), PacketKind.Ethernet, LinkType.Ethernet, 1_700_000_000_000_000_000);
    }

    private static byte[] Frame(Attempt attempt, bool fromClient, byte flags, uint sequence, uint acknowledgment, byte[] payload)
    {
        var (source, destination) = fromClient ? (attempt.SourceAddress, attempt.DestinationAddress) : (attempt.DestinationAddress, attempt.SourceAddress);
        const ushort ClientPort = 40_000;
        var ipLength = source.IsV6 ? 40 : 20;
        var frame = new byte[14 + ipLength + 20 + payload.Length];
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), (ushort)(source.IsV6 ? 0x86dd : 0x0800));
        var ip = frame.AsSpan(14);
        if (source.IsV6)
        {
            ip[0] = 0x60;
            BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)(20 + payload.Length));
            (ip[6], ip[7]) = (6, 64);
            BinaryPrimitives.WriteUInt128BigEndian(ip[8..], source.First);
            BinaryPrimitives.WriteUInt128BigEndian(ip[24..], destination.First);
        }
        else
        {
            ip[0] = 0x45;
            BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(40 + payload.Length));
            (ip[8], ip[9]) = (64, 6);
            BinaryPrimitives.WriteUInt32BigEndian(ip[12..], (uint)source.First);
            BinaryPrimitives.WriteUInt32BigEndian(ip[16..], (uint)destination.First);
        }
        var tcp = ip[ipLength..];
        BinaryPrimitives.WriteUInt16BigEndian(tcp, fromClient ? ClientPort : attempt.Port);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[2..], fromClient ? attempt.Port : ClientPort);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], sequence);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[8..], acknowledgment);
        (tcp[12], tcp[13]) = (5 << 4, flags);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[14..], ushort.MaxValue);
        payload.CopyTo(tcp[20..]);
        return frame;
    }
}
