using System.Buffers.Binary;

namespace Demilune.Wire.MongoDb;

/// <summary>Recognises MongoDB by the header of a client's first message: one that answers nothing, and asks by an operation that exists.</summary>
public static class MongoDetection
{
    public static Detection OfClient(ReadOnlySpan<byte> bytes) => Of(bytes, isClient: true);

    public static Detection OfServer(ReadOnlySpan<byte> bytes) => Of(bytes, isClient: false);

    private static Detection Of(ReadOnlySpan<byte> bytes, bool isClient)
    {
        // A first message has some hundred bytes.
        if (bytes is [_, _, not 0, ..] or [_, _, _, not 0, ..]) return Detection.No;
        if (isClient && bytes.Length > 8 && bytes[8..Math.Min(bytes.Length, 12)].IndexOfAnyExcept((byte)0) >= 0) return Detection.No;
        if (bytes.Length < MongoHeader.Length) return Detection.Incomplete;
        var header = MongoHeader.Read(bytes);
        var isKnown = header.Operation is MongoOperation.Message or MongoOperation.Compressed || header.Operation == (isClient ? MongoOperation.Query : MongoOperation.Reply);
        return isKnown && header.Size > MongoHeader.Length && (isClient || BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]) != 0) ? Detection.Yes : Detection.No;
    }
}
