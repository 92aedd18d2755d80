using System.Buffers.Binary;

namespace Demilune.Wire.Smb;

/// <summary>A message of SMB 2 or 3 (MS-SMB2 §2.2.1), seen in place.</summary>
public readonly ref struct Smb2Header
{
    public const int Length = 64;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="message">At least <see cref="Length"/> bytes.</param>
    public Smb2Header(ReadOnlySpan<byte> message) => _bytes = message;

    public uint Status => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[8..]);
    public ushort Command => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[12..]);
    public bool IsResponse => (_bytes[16] & 1) != 0;
    public bool IsAsync => (_bytes[16] & 2) != 0;
    public ulong MessageId => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[24..]);

    /// <summary>0 where the message is asynchronous: it has none.</summary>
    public uint TreeId => IsAsync ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(_bytes[36..]);
    public ulong SessionId => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[40..]);

    /// <summary>What follows the header; fields in it count their offsets from the header's start.</summary>
    public ReadOnlySpan<byte> Body => _bytes[Length..];

    /// <summary>A variable part, as far as it is there.</summary>
    public ReadOnlySpan<byte> Slice(int offset, long length)
    {
        if (offset < Length || offset > _bytes.Length) return default;
        return _bytes[offset..(int)Math.Min(_bytes.Length, offset + length)];
    }
}
