using System.Buffers.Binary;

namespace Demilune.Wire.Tls;

/// <summary>Recognises TLS and SSL by the first record of either side, on any port.</summary>
public static class TlsDetection
{
    /// <param name="fromClient">Whose bytes these are.</param>
    /// <param name="bytes">From the first of the stream on.</param>
    public static Detection OfStream(bool fromClient, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return Detection.Incomplete;
        // A client begins with a handshake; a server may refuse at once (RFC 5246 §7.2), or is seen in the middle of its data.
        var isRecord = bytes[0] == (byte)TlsContentType.Handshake || (!fromClient && bytes[0] is (byte)TlsContentType.Alert or (byte)TlsContentType.ApplicationData);
        if (!isRecord) return bytes[0] >= 0x80 ? OfVersion2(fromClient, bytes) : Detection.No;
        // What a record's header may say: also 1.3 says 3.1 or 3.3, early drafts 3.4. Nothing else begins so, so what follows may be as broken as it likes.
        if (bytes.Length >= 2 && bytes[1] != 3) return Detection.No;
        return bytes.Length < 3 ? Detection.Incomplete : bytes[2] <= 4 ? Detection.Yes : Detection.No;
    }

    private static Detection OfVersion2(bool fromClient, ReadOnlySpan<byte> bytes)
    {
        // CLIENT-HELLO is message 1 and then says a version; SERVER-HELLO is 4, a session hit (0 or 1), a certificate type (0 or 1), a version.
        if (bytes.Length >= 3 && bytes[2] != (fromClient ? 1 : 4)) return Detection.No;
        var at = fromClient ? 3 : 5;
        if (bytes.Length < at + 2) return Detection.Incomplete;
        if (!fromClient && (bytes[3] > 1 || bytes[4] > 1)) return Detection.No;
        return BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]) is 0x0002 or (>= 0x0300 and <= 0x0304) ? Detection.Yes : Detection.No;
    }
}
