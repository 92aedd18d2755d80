namespace Demilune.Wire.Quic;

/// <summary>What <see cref="QuicFrames"/> finds. Spans are valid during the call only.</summary>
public interface IQuicFrames
{
    /// <summary>A piece of the handshake (RFC 9000 §19.6).</summary>
    void Crypto(ulong offset, ReadOnlySpan<byte> bytes);

    /// <summary>Content of a stream of Google's, which is where its handshake is.</summary>
    void Stream(ReadOnlySpan<byte> bytes);
}

/// <summary>Frames of an Initial packet (RFC 9000 §12.4, table 3), and of Google's first.</summary>
public static class QuicFrames
{
    private const byte Padding = 0, Ping = 1, Ack = 2, AckEcn = 3, Crypto = 6, GoogleCrypto = 8;

    /// <returns>False if they make no sense.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, bool isGoogles, IQuicFrames frames)
    {
        var reader = new WireReader(bytes);
        while (!reader.IsEmpty)
        {
            var type = reader.U8();
            if ((type & 0x80) != 0 && isGoogles)
            {
                if (!TryReadStream(ref reader, type, frames)) return false;
                continue;
            }
            switch (type)
            {
                case Padding or Ping:
                    break;
                case Ack or AckEcn:
                    if (!TrySkipAck(ref reader, type == AckEcn)) return false;
                    break;
                case Crypto or GoogleCrypto when type == Crypto || isGoogles:
                    if (!QuicHeader.TryNumber(ref reader, out var offset) || !QuicHeader.TryNumber(ref reader, out var length)) return false;
                    var content = reader.Take((int)Math.Min(length, int.MaxValue));
                    if (reader.Failed) return false;
                    if (type == Crypto) frames.Crypto(offset, content);
                    else frames.Stream(content);
                    break;
                default:
                    return true;        // an end of the connection, or what nobody sends so early: of no more interest
            }
        }
        return true;
    }

    private static bool TrySkipAck(ref WireReader reader, bool hasCounts)
    {
        if (!QuicHeader.TryNumber(ref reader, out _) || !QuicHeader.TryNumber(ref reader, out _) || !QuicHeader.TryNumber(ref reader, out var ranges)) return false;
        if (!QuicHeader.TryNumber(ref reader, out _)) return false;
        var numbers = Math.Min(ranges, (ulong)reader.Rest.Length) * 2 + (hasCounts ? 3u : 0);
        for (; numbers > 0; numbers--)
            if (!QuicHeader.TryNumber(ref reader, out _)) return false;
        return true;
    }

    /// <summary>1fdooossb of Google's: whether there is a length, and how long offset and stream number are.</summary>
    private static bool TryReadStream(ref WireReader reader, byte type, IQuicFrames frames)
    {
        var offset = type >> 2 & 7;
        reader.Take((type & 3) + 1);
        reader.Take(offset == 0 ? 0 : offset + 1);
        var content = (type & 0x20) != 0 ? reader.Vector16() : reader.Take(reader.Rest.Length);
        if (reader.Failed) return false;
        frames.Stream(content);
        return true;
    }
}
