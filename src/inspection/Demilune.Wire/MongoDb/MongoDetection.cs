namespace Demilune.Wire.MongoDb;

/// <summary>Recognises MongoDB by the header of a client's first message: one that answers nothing, and asks by an operation that exists.</summary>
public static class MongoDetection
{
    public static Detection OfClient(ReadOnlySpan<byte> bytes)
    {
        // A first message has some hundred bytes.
        if (bytes is [_, _, not 0, ..] or [_, _, _, not 0, ..]) return Detection.No;
        if (bytes.Length > 8 && bytes[8..Math.Min(bytes.Length, 12)].IndexOfAnyExcept((byte)0) >= 0) return Detection.No;
        if (bytes.Length < MongoHeader.Length) return Detection.Incomplete;
        var header = MongoHeader.Read(bytes);
        return header.Size > MongoHeader.Length && header.Operation is (MongoOperation.Message or MongoOperation.Compressed or MongoOperation.Query) ? Detection.Yes : Detection.No;
    }

    /// <summary>A server speaks when it is asked; what it says is too much like other protocols' greetings to prove anything: it only contradicts.</summary>
    public static Detection OfServer(ReadOnlySpan<byte> bytes)
    {
        if (bytes is [_, _, not 0, ..] or [_, _, _, not 0, ..]) return Detection.No;
        if (bytes.Length < MongoHeader.Length) return Detection.Incomplete;
        return MongoHeader.Read(bytes).Operation is MongoOperation.Message or MongoOperation.Compressed or MongoOperation.Reply ? Detection.Incomplete : Detection.No;
    }
}
