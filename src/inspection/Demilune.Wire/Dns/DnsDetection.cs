using System.Buffers.Binary;

namespace Demilune.Wire.Dns;

/// <summary>Recognises DNS by its first message, on any port.</summary>
public static class DnsDetection
{
    /// <summary>A question more is one too many for every server; mDNS packs some.</summary>
    private const int MaxQuestions = 32;

    /// <summary>Whether a datagram is a DNS message.</summary>
    public static Detection OfDatagram(ReadOnlySpan<byte> message) => HasPlausibleHeader(message) && HasQuestion(message) ? Detection.Yes : Detection.No;

    /// <summary>Whether a stream begins with a DNS message behind its length (RFC 1035 §4.2.2).</summary>
    public static Detection OfStream(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 2) return Detection.Incomplete;
        int length = BinaryPrimitives.ReadUInt16BigEndian(bytes);
        if (length < DnsMessage.HeaderLength + 5) return Detection.No;
        var message = bytes[2..];
        if (message.Length < DnsMessage.HeaderLength) return Detection.Incomplete;
        if (!HasPlausibleHeader(message)) return Detection.No;
        message = message[..Math.Min(message.Length, length)];
        return HasQuestion(message) ? Detection.Yes : message.Length < Math.Min(length, DnsMessage.HeaderLength + DnsName.MaxLength + 5) ? Detection.Incomplete : Detection.No;
    }

    private static bool HasPlausibleHeader(ReadOnlySpan<byte> message)
    {
        if (message.Length < DnsMessage.HeaderLength) return false;
        var flags = BinaryPrimitives.ReadUInt16BigEndian(message[2..]);
        var questions = BinaryPrimitives.ReadUInt16BigEndian(message[4..]);
        var isResponse = (flags & 0x8000) != 0;
        // Opcodes past DSO (6) and response codes in a query belong to something else.
        if ((flags >> 11 & 0xf) > 6 || (!isResponse && (flags & 0xf) != 0) || questions is 0 or > MaxQuestions) return false;
        return isResponse || BinaryPrimitives.ReadUInt16BigEndian(message[6..]) <= MaxQuestions;
    }

    private static bool HasQuestion(ReadOnlySpan<byte> message)
    {
        Span<byte> name = stackalloc byte[DnsName.MaxLength];
        var offset = DnsMessage.HeaderLength;
        if (!DnsName.TryRead(message, ref offset, name, out _) || message.Length - offset < 4) return false;
        var type = BinaryPrimitives.ReadUInt16BigEndian(message[offset..]);
        // RFC 6895 §3.2; the top bit is mDNS's (RFC 6762 §5.4).
        var kind = BinaryPrimitives.ReadUInt16BigEndian(message[(offset + 2)..]) & 0x7fff;
        return type != 0 && kind is 1 or 3 or 4 or 254 or 255;
    }
}
