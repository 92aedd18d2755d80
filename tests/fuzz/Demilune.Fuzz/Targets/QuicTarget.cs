using Demilune.Wire.Quic;

namespace Demilune.Fuzz.Targets;

/// <summary>QUIC: headers as they come, and frames as they are when the protection is off. Nothing may throw.</summary>
internal static class QuicTarget
{
    public static FuzzTarget Packets { get; } = new("quic", "a datagram of QUIC, and the same bytes as frames", bytes =>
    {
        var sink = new Sink();
        QuicDetection.OfDatagram(bytes);
        for (ReadOnlySpan<byte> rest = bytes; QuicHeader.TryRead(rest, out var header);)
        {
            if (header.Length + header.ContentLength > rest.Length) throw new InvalidOperationException("a packet is longer than its datagram");
            rest = rest[(header.Length + header.ContentLength)..];
        }
        QuicFrames.TryRead(bytes, isGoogles: false, sink);
        QuicFrames.TryRead(bytes, isGoogles: true, sink);
        new GoogleTags().TryRead(bytes);
    });

    private sealed class Sink : IQuicFrames
    {
        private readonly QuicCryptoStream _stream = new();

        public void Crypto(ulong offset, ReadOnlySpan<byte> bytes)
        {
            _stream.TryAdd(offset, bytes);
            if (_stream.Contiguous.Length > QuicCryptoStream.MaxBytes) throw new InvalidOperationException("more is held than may be");
        }

        public void Stream(ReadOnlySpan<byte> bytes) => new GoogleTags().TryRead(bytes);
    }
}
