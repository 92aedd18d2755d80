namespace Demilune.Wire.Tls;

/// <summary>What <see cref="TlsReader"/> finds in one direction. Spans are valid during the call only.</summary>
public interface ITlsEvents
{
    /// <summary>A record begins.</summary>
    /// <param name="version">In its header; 0x0002 for SSL 2.</param>
    void Record(ushort version);

    /// <summary>A handshake message is complete, however many records it came in.</summary>
    /// <param name="type">Which.</param>
    /// <param name="body">Without type and length.</param>
    void Handshake(TlsHandshakeType type, ReadOnlySpan<byte> body);

    /// <summary>A message of SSL 2 is complete.</summary>
    /// <param name="type">1 CLIENT-HELLO, 2 CLIENT-MASTER-KEY, 4 SERVER-HELLO …</param>
    /// <param name="body">Behind the type.</param>
    void Version2(byte type, ReadOnlySpan<byte> body);

    /// <summary>A record of another kind has come to its end.</summary>
    /// <param name="type">Which.</param>
    /// <param name="length">Bytes in it.</param>
    /// <param name="start">Its first three, or fewer if it has fewer.</param>
    void Other(TlsContentType type, int length, ReadOnlySpan<byte> start);

    /// <summary>A record of application data begins.</summary>
    void ApplicationData()
    {
    }

    /// <summary>Something is wrong.</summary>
    void Fault(TlsFault fault);
}

/// <summary>What can be wrong with records.</summary>
public enum TlsFault : byte
{
    /// <summary>A header that no implementation writes; nothing is read behind it.</summary>
    RecordHeader,

    /// <summary>A kind of record that does not exist; nothing is read behind it.</summary>
    RecordType,

    /// <summary>Longer than a receiver takes (RFC 8446 §5.2).</summary>
    RecordLength,

    /// <summary>A header of SSL 2 that says nothing follows; nothing is read behind it.</summary>
    Version2Header,

    /// <summary>A message longer than <see cref="TlsReader.MaxMessage"/>; it is skipped.</summary>
    MessageLength,

    /// <summary>A kind of handshake message that does not exist.</summary>
    MessageType,
}
