using System.Buffers.Binary;

namespace Demilune.Wire.MongoDb;

/// <summary>Walks through a BSON document (bsonspec.org), documents within it included, in the order of the bytes. Nothing is copied.</summary>
public ref struct Bson
{
    /// <summary>MongoDB's own limit.</summary>
    private const int MaxDepth = 100;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly Span<int> _ends;
    private int _depth;
    private int _at;

    /// <param name="bytes">Begins with a document; may go on behind it.</param>
    /// <param name="ends">Room of <see cref="Room"/> numbers.</param>
    public Bson(ReadOnlySpan<byte> bytes, Span<int> ends)
    {
        _bytes = bytes;
        _ends = ends;
        Enter(0);
    }

    public const int Room = MaxDepth;

    /// <summary>It is cut, or no such document.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>How deep the element at hand lies: 1 in the document itself.</summary>
    public int Depth { get; private set; }

    public byte Type { get; private set; }

    /// <summary>Where its name and its value lie.</summary>
    public (int Start, int Length) Name { get; private set; }
    public (int Start, int Length) Value { get; private set; }

    /// <summary>Bytes of a document, with its length; -1: they are not there.</summary>
    public static int LengthOf(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= 5 && BinaryPrimitives.ReadInt32LittleEndian(bytes) is >= 5 and var length && length <= bytes.Length ? length : -1;

    /// <summary>The next element.</summary>
    public bool TryRead()
    {
        while (!HasFailed && _depth > 0)
        {
            if (_at >= _ends[_depth - 1])
            {
                HasFailed = true;
                break;
            }
            Type = _bytes[_at++];
            if (Type == 0)
            {
                HasFailed = _at != _ends[_depth - 1];
                _depth--;
                continue;
            }
            var rest = _bytes[_at.._ends[_depth - 1]];
            var end = rest.IndexOf((byte)0);
            if (end < 0)
            {
                HasFailed = true;
                break;
            }
            (Name, Depth) = ((_at, end), _depth);
            _at += end + 1;
            return TryReadValue();
        }
        return false;
    }

    private bool TryReadValue()
    {
        var rest = _bytes[_at.._ends[_depth - 1]];
        if (Type is 3 or 4)
        {
            Value = (_at, Math.Max(0, LengthOf(rest)));
            Enter(_at);
            return !HasFailed;
        }
        long length = Type switch
        {
            0x01 or 0x09 or 0x11 or 0x12 => 8,
            0x02 or 0x0d or 0x0e => Prefixed(rest, 4),
            0x05 => Prefixed(rest, 5),
            0x06 or 0x0a or 0x7f or 0xff => 0,
            0x07 => 12,
            0x08 => 1,
            0x0b => Strings(rest),
            0x0c => Prefixed(rest, 4) is >= 0 and var text ? text + 12 : -1,
            0x0f => rest.Length < 4 ? -1 : BinaryPrimitives.ReadInt32LittleEndian(rest),
            0x10 => 4,
            0x13 => 16,
            _ => -1,
        };
        HasFailed = length < 0 || length > rest.Length;
        if (HasFailed) return false;
        Value = (_at, (int)length);
        _at += (int)length;
        return true;
    }

    /// <summary>With a length before it, which does not count itself.</summary>
    private static long Prefixed(ReadOnlySpan<byte> rest, int head) =>
        rest.Length < head || BinaryPrimitives.ReadInt32LittleEndian(rest) is < 0 ? -1 : head + (long)BinaryPrimitives.ReadInt32LittleEndian(rest);

    private static int Strings(ReadOnlySpan<byte> rest)
    {
        var first = rest.IndexOf((byte)0);
        var second = first < 0 ? -1 : rest[(first + 1)..].IndexOf((byte)0);
        return second < 0 ? -1 : first + 1 + second + 1;
    }

    private void Enter(int start)
    {
        var length = LengthOf(_depth == 0 ? _bytes[start..] : _bytes[start.._ends[_depth - 1]]);
        HasFailed = length < 0 || _depth == MaxDepth;
        if (HasFailed) return;
        _ends[_depth++] = start + length;
        _at = start + 4;
    }
}
