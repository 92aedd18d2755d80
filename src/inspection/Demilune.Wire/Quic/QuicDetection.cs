namespace Demilune.Wire.Quic;

/// <summary>Recognises QUIC by the first datagram, on any port.</summary>
public static class QuicDetection
{
    public static Detection OfDatagram(ReadOnlySpan<byte> datagram)
    {
        // Only of versions that we know: a long header is little to go by.
        if (!QuicHeader.TryRead(datagram, out var header) || header.Type is QuicPacketType.Short or QuicPacketType.VersionNegotiation) return Detection.No;
        if (QuicVersions.IsGoogles(header.Version)) return Detection.Yes;
        return QuicVersions.IsStandard(header.Version) && (datagram[0] & 0x40) != 0 ? Detection.Yes : Detection.No;
    }
}
