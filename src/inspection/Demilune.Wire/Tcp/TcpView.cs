using System.Buffers.Binary;

namespace Demilune.Wire.Tcp;

/// <summary>A TCP segment, or a merge of many, seen in place.</summary>
public readonly ref struct TcpView
{
    public const int MinHeaderLength = 20;
    private readonly ReadOnlySpan<byte> _bytes;
    private TcpView(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    public ushort SourcePort => BinaryPrimitives.ReadUInt16BigEndian(_bytes);
    public ushort DestinationPort => BinaryPrimitives.ReadUInt16BigEndian(_bytes[2..]);
    public uint Sequence => BinaryPrimitives.ReadUInt32BigEndian(_bytes[4..]);
    public uint Acknowledgment => BinaryPrimitives.ReadUInt32BigEndian(_bytes[8..]);
    public int HeaderLength => _bytes[12] >> 4 << 2;
    public TcpFlags Flags => (TcpFlags)_bytes[13];
    public ushort Window => BinaryPrimitives.ReadUInt16BigEndian(_bytes[14..]);
    public ushort Urgent => BinaryPrimitives.ReadUInt16BigEndian(_bytes[18..]);
    public ReadOnlySpan<byte> Header => _bytes[..HeaderLength];
    public ReadOnlySpan<byte> Payload => _bytes[HeaderLength..];

    public bool Has(TcpFlags flags) => (Flags & flags) != 0;

    public static bool TryView(ReadOnlySpan<byte> ipPayload, out TcpView view)
    {
        view = default;
        if (ipPayload.Length < MinHeaderLength) return false;
        var headerLength = ipPayload[12] >> 4 << 2;
        if (headerLength < MinHeaderLength || headerLength > ipPayload.Length) return false;
        view = new(ipPayload);
        return true;
    }

    /// <summary>The options that a stream's tracking needs. Unknown ones are skipped; a length that lies ends the walk.</summary>
    public TcpOptions ReadOptions()
    {
        var options = new TcpOptions { WindowScale = -1 };
        var rest = _bytes[MinHeaderLength..HeaderLength];
        while (rest is [var kind, ..])
        {
            if (kind == 0) break;
            if (kind == 1)
            {
                rest = rest[1..];
                continue;
            }
            if (rest.Length < 2 || rest[1] < 2 || rest[1] > rest.Length)
            {
                options.Malformed = true;
                break;
            }
            var body = rest[2..rest[1]];
            switch (kind)
            {
                case 2 when body.Length == 2: options.MaximumSegment = BinaryPrimitives.ReadUInt16BigEndian(body); break;
                case 3 when body.Length == 1: options.WindowScale = Math.Min(body[0], (byte)14); break;      // RFC 7323 §2.3
                case 8 when body.Length == 8:
                    options.HasTimestamp = true;
                    options.Timestamp = BinaryPrimitives.ReadUInt32BigEndian(body);
                    options.TimestampEcho = BinaryPrimitives.ReadUInt32BigEndian(body[4..]);
                    break;
                case 19 or 29: options.IsSigned = true; break;      // RFC 2385, RFC 5925
                case 34: options.HasFastOpen = true; break;         // RFC 7413
                case 253 or 254 when body is [0xf9, 0x89, ..]: options.HasFastOpen = true; break;     // before it had a number of its own
            }
            rest = rest[rest[1]..];
        }
        return options;
    }
}

/// <summary>Options of a segment (RFC 9293 §3.2, RFC 7323).</summary>
public record struct TcpOptions
{
    /// <summary>-1: not offered.</summary>
    public int WindowScale { get; set; }
    public ushort MaximumSegment { get; set; }
    public bool HasTimestamp { get; set; }
    public uint Timestamp { get; set; }
    public uint TimestampEcho { get; set; }
    public bool Malformed { get; set; }

    /// <summary>Its sender knows fast opens: data of a SYN is meant.</summary>
    public bool HasFastOpen { get; set; }

    /// <summary>It carries a signature that only the two ends can check.</summary>
    public bool IsSigned { get; set; }
}
