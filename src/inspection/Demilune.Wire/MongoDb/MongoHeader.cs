using System.Buffers.Binary;

namespace Demilune.Wire.MongoDb;

/// <summary>What stands before each message of MongoDB's wire protocol.</summary>
/// <param name="Size">Bytes of the message with this.</param>
/// <param name="Id">Its sender's number.</param>
/// <param name="ResponseTo">The number of the message that it answers.</param>
/// <param name="Operation">What follows.</param>
public readonly record struct MongoHeader(int Size, int Id, int ResponseTo, MongoOperation Operation)
{
    public const int Length = 16;

    public static MongoHeader Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadInt32LittleEndian(bytes), BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]),
        (MongoOperation)BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]));

    /// <summary>Bytes of a message; -1: none that a server takes (<c>maxMessageSizeBytes</c>).</summary>
    public static int SizeOf(ReadOnlySpan<byte> header)
    {
        const int most = 48_000_000 + (16 << 10);
        var size = BinaryPrimitives.ReadInt32LittleEndian(header);
        return size is > Length and <= most ? size : -1;
    }
}

/// <summary>Operations ("opcodes"). Only the first two are spoken since version 5.1.</summary>
public enum MongoOperation
{
    Message = 2013,
    Compressed = 2012,
    Reply = 1,
    Update = 2001,
    Insert = 2002,
    Query = 2004,
    GetMore = 2005,
    Delete = 2006,
    KillCursors = 2007,
}
