namespace Demilune.Wire.Smb;

/// <summary>Hears what a <see cref="SmbReader"/> reads. Spans are valid during the call.</summary>
public interface ISmbEvents
{
    /// <summary>A message of SMB 2 or 3, from its header on: whole, or, where <paramref name="dataLength"/> is not 0, up to the data that follows in pieces.</summary>
    /// <param name="message">Its bytes; what was too long is cut.</param>
    /// <param name="dataLength">Of a WRITE or the answer to a READ: bytes that <see cref="Data"/> will bring.</param>
    void Message2(ReadOnlySpan<byte> message, long dataLength);

    /// <summary>Data of the last message.</summary>
    void Data(ReadOnlySpan<byte> bytes, bool isLast);

    /// <summary>A message of SMB 1, from its header on.</summary>
    void Message1(ReadOnlySpan<byte> message);

    /// <summary>A message that is encrypted or compressed.</summary>
    void Opaque();

    /// <summary>What should be a message is none.</summary>
    void Malformed();
}
