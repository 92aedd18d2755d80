namespace Demilune.Wire.WebSocket;

/// <summary>The header of a frame (RFC 6455 §5.2).</summary>
/// <param name="First">Its first byte: flags and opcode.</param>
/// <param name="Mask">What its payload was masked with; null: it was not.</param>
/// <param name="Length">Bytes of the payload.</param>
public readonly record struct WebSocketFrame(byte First, uint? Mask, long Length)
{
    /// <summary>A control frame's payload has no more (§5.5).</summary>
    public const int MaxControl = 125;

    public bool IsFinal => (First & 0x80) != 0;

    /// <summary>The message that begins with it is compressed (RFC 7692 §6).</summary>
    public bool IsCompressed => (First & 0x40) != 0;

    /// <summary>FIN and the reserved bits, where they are.</summary>
    public byte Flags => (byte)(First & 0xf0);

    public byte Opcode => (byte)(First & 0xf);

    public bool IsControl => (First & 8) != 0;

    public bool IsContinuation => Opcode == 0;

    /// <summary>Two receivers may read it differently, or one refuses it: bits that no extension in use has, opcodes without meaning, a control frame in parts.</summary>
    public bool IsOdd => (First & 0x30) != 0 || Opcode is (> 2 and < 8) or > 10 || (IsControl && (!IsFinal || IsCompressed || Length > MaxControl)) || (IsContinuation && IsCompressed);
}
