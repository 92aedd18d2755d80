using System.Buffers.Binary;

namespace Demilune.Wire.MongoDb;

/// <summary>What rules and records ask of a message. It lies in memory of its owner's: good as long as that is. Used again for the next one.</summary>
public sealed class MongoMessage
{
    /// <summary>Names and documents of a message that are read: operators stand near the front, a bulk write has thousands of documents.</summary>
    private const int MaxKeys = 1024, MaxDocuments = 256;

    private const byte Double = 1, String = 2, Boolean = 8, Int32 = 0x10, Int64 = 0x12;

    /// <summary>Flags of a message: it ends with a checksum; no answer will come.</summary>
    private const uint HasChecksum = 1, MoreToCome = 2;

    private readonly List<(int Start, int Length)> _keys = [], _documents = [];
    private readonly int[] _ends = new int[Bson.Room];
    private (int Start, int Length) _command, _collection, _database, _error;

    public MongoOperation Operation { get; private set; }
    public bool IsUnanswered { get; private set; }

    /// <summary>What an answer says of how it went; null: nothing.</summary>
    public bool? IsOk { get; private set; }
    public long? ErrorCode { get; private set; }

    public int KeyCount => _keys.Count;
    public int DocumentCount => _documents.Count;

    public ReadOnlySpan<byte> Command(ReadOnlySpan<byte> message) => message.Slice(_command.Start, _command.Length);
    public ReadOnlySpan<byte> Collection(ReadOnlySpan<byte> message) => message.Slice(_collection.Start, _collection.Length);
    public ReadOnlySpan<byte> Database(ReadOnlySpan<byte> message) => message.Slice(_database.Start, _database.Length);
    public ReadOnlySpan<byte> Error(ReadOnlySpan<byte> message) => message.Slice(_error.Start, _error.Length);
    public ReadOnlySpan<byte> Key(ReadOnlySpan<byte> message, int index) => message.Slice(_keys[index].Start, _keys[index].Length);
    public ReadOnlySpan<byte> Document(ReadOnlySpan<byte> message, int index) => message.Slice(_documents[index].Start, _documents[index].Length);

    /// <param name="operation">What it is.</param>
    /// <param name="message">Behind its header; may be cut.</param>
    /// <returns>False: it is malformed, or cut; what was read until then is kept.</returns>
    public bool TryRead(MongoOperation operation, ReadOnlySpan<byte> message)
    {
        _keys.Clear();
        _documents.Clear();
        (_command, _collection, _database, _error) = (default, default, default, default);
        (Operation, IsUnanswered, IsOk, ErrorCode) = (operation, false, null, null);
        switch (operation)
        {
            case MongoOperation.Message: return TryReadSections(message);
            case MongoOperation.Query:
                if (!TryTakeText(message, 4, out var at)) return false;
                return TryReadDocument(message, at + 8, isCommand: true);
            case MongoOperation.Reply: return message.Length >= 20 && (message.Length == 20 || TryReadDocument(message, 20, isCommand: true));
            case MongoOperation.Insert or MongoOperation.Update or MongoOperation.Delete or MongoOperation.GetMore:
                IsUnanswered = operation != MongoOperation.GetMore;
                if (!TryTakeText(message, 4, out at)) return false;
                if (operation == MongoOperation.GetMore) return true;
                return TryReadDocuments(message, operation == MongoOperation.Insert ? at : at + 4, message.Length);
            default: return true;
        }
    }

    private bool TryReadSections(ReadOnlySpan<byte> message)
    {
        if (message.Length < 4) return false;
        var flags = BinaryPrimitives.ReadUInt32LittleEndian(message);
        IsUnanswered = (flags & MoreToCome) != 0;
        var end = message.Length - ((flags & HasChecksum) != 0 ? 4 : 0);
        for (var at = 4; at < end;)
        {
            var kind = message[at++];
            if (kind == 0)
            {
                if (!TryReadDocument(message[..end], at, isCommand: true)) return false;
                at += Bson.LengthOf(message[at..end]);
                continue;
            }
            if (kind != 1 || end - at < 4) return false;
            var size = BinaryPrimitives.ReadInt32LittleEndian(message[at..]);
            if (size < 5 || size > end - at) return false;
            var name = message.Slice(at + 4, size - 4).IndexOf((byte)0);
            if (name < 0 || !TryReadDocuments(message, at + 4 + name + 1, at + size)) return false;
            at += size;
        }
        return true;
    }

    private bool TryReadDocuments(ReadOnlySpan<byte> message, int start, int end)
    {
        while (start < end)
        {
            if (!TryReadDocument(message[..end], start, isCommand: false)) return false;
            start += Bson.LengthOf(message[start..end]);
        }
        return start == end;
    }

    private bool TryReadDocument(ReadOnlySpan<byte> message, int start, bool isCommand)
    {
        if (start > message.Length) return false;
        var length = Bson.LengthOf(message[start..]);
        if (length < 0) return false;
        if (_documents.Count < MaxDocuments) _documents.Add((start, length));
        var document = new Bson(message.Slice(start, length), _ends);
        for (var isFirst = true; document.TryRead(); isFirst = false)
        {
            var name = (start + document.Name.Start, document.Name.Length);
            if (_keys.Count < MaxKeys) _keys.Add(name);
            if (!isCommand || document.Depth != 1) continue;
            var value = (Start: start + document.Value.Start, document.Value.Length);
            if (isFirst) TakeCommand(message, name, document.Type, value);
            var key = message.Slice(name.Item1, name.Length);
            if (key.SequenceEqual("$db"u8) && document.Type == String) _database = Text(value);
            else if (key.SequenceEqual("errmsg"u8) && document.Type == String) _error = Text(value);
            else if (key.SequenceEqual("ok"u8)) IsOk = Number(message.Slice(value.Start, value.Length), document.Type) is { } ok ? ok != 0 : null;
            else if (key.SequenceEqual("code"u8)) ErrorCode = (long?)Number(message.Slice(value.Start, value.Length), document.Type);
        }
        return !document.HasFailed;
    }

    /// <summary>Of a command the first name is its own, and its value mostly the collection that it is about.</summary>
    private void TakeCommand(ReadOnlySpan<byte> message, (int Start, int Length) name, byte type, (int Start, int Length) value)
    {
        _command = name;
        if (type == String && _collection.Length == 0) _collection = Text(value);
    }

    /// <summary>A string with its length before it and a zero behind it.</summary>
    private static (int Start, int Length) Text((int Start, int Length) value) => value.Length < 5 ? default : (value.Start + 4, value.Length - 5);

    private static double? Number(ReadOnlySpan<byte> value, byte type) => type switch
    {
        Double => BinaryPrimitives.ReadDoubleLittleEndian(value),
        Int32 => BinaryPrimitives.ReadInt32LittleEndian(value),
        Int64 => BinaryPrimitives.ReadInt64LittleEndian(value),
        Boolean => value[0],
        _ => null,
    };

    /// <summary>The database's and the collection's name, with a dot between.</summary>
    private bool TryTakeText(ReadOnlySpan<byte> message, int start, out int end)
    {
        end = start;
        if (start >= message.Length) return false;
        var length = message[start..].IndexOf((byte)0);
        if (length < 0) return false;
        var dot = message.Slice(start, length).IndexOf((byte)'.');
        _database = (start, dot < 0 ? length : dot);
        _collection = dot < 0 ? default : (start + dot + 1, length - dot - 1);
        end = start + length + 1;
        return true;
    }
}
