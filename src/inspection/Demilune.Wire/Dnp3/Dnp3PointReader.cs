using System.Buffers.Binary;

namespace Demilune.Wire.Dnp3;

/// <summary>Reads the points of an object one by one; keeps nothing but the point at hand.</summary>
public ref struct Dnp3PointReader(ReadOnlySpan<byte> fragment, Dnp3Object header, Dnp3Layout layout, Span<Dnp3Value> values)
{
    /// <summary>Fields of a point, at most: what <paramref name="values"/> has to hold.</summary>
    public const int MaxFields = 20;

    private readonly ReadOnlySpan<byte> _fragment = fragment;
    private readonly Span<Dnp3Value> _values = values;
    private int _bit;
    private uint _read;

    /// <summary>Where the next point begins.</summary>
    public int Position { get; private set; } = header.PointsAt;

    /// <summary>What stands before the point; 0: nothing.</summary>
    public uint Prefix { get; private set; }

    /// <summary>The point's number.</summary>
    public uint Index { get; private set; }

    /// <summary>All points that are said to be there were.</summary>
    public readonly bool IsComplete => _read == header.Count;

    /// <summary>The next point, its fields in the order of the layout.</summary>
    public bool TryNext()
    {
        if (IsComplete) return false;
        if (layout.IsPacked) return TryNextPacked();
        var start = Position;
        // A point without a byte would be read four billion times.
        if (!TryPrefix() || !TryFields(Position) || Position == start) return false;
        Index = header.PrefixCode is 1 or 2 or 3 ? Prefix : header.Start + _read;
        _read++;
        return true;
    }

    private bool TryNextPacked()
    {
        if (_read == 0 && !TryPrefix()) return false;
        var width = layout.Fields[0].Width;
        if (Position >= _fragment.Length) return false;
        _values[0] = new(_fragment[Position] >> _bit & (1 << width) - 1);
        Index = header.PrefixCode is 1 or 2 or 3 ? Prefix : header.Start + _read;
        _read++;
        _bit += width;
        if (_bit < 8 && !IsComplete) return true;
        _bit = 0;
        Position++;
        return true;
    }

    private bool TryPrefix()
    {
        if (!TryTake(header.PrefixLength, out var bytes)) return false;
        Prefix = (uint)Little(bytes);
        return true;
    }

    private bool TryFields(int start)
    {
        var (bit, octet) = (0, (byte)0);
        for (var i = 0; i < layout.Fields.Length; i++)
        {
            var field = layout.Fields[i];
            switch (field.Kind)
            {
                case Dnp3FieldKind.Bits:
                    if (bit == 0)
                    {
                        if (!TryTake(1, out var one)) return false;
                        octet = one[0];
                    }
                    _values[i] = new(octet >> bit & (1 << field.Width) - 1);
                    bit = bit + field.Width & 7;
                    break;
                case Dnp3FieldKind.Text or Dnp3FieldKind.Bytes or Dnp3FieldKind.Text4:
                    var length = field.Kind == Dnp3FieldKind.Text4 ? 4 : field.LengthAt >= 0 ? _values[field.LengthAt].Number : Prefix - (Position - start);
                    if (length < 0 || length > _fragment.Length - Position) return false;
                    _values[i] = new(0, Position, (int)length);
                    Position += (int)length;
                    break;
                default:
                    if (!TryTake(field.Width, out var number)) return false;
                    var value = Little(number);
                    var unused = 64 - field.Width * 8;
                    _values[i] = new(field.Kind == Dnp3FieldKind.Signed ? value << unused >> unused : value);
                    break;
            }
        }
        return true;
    }

    private bool TryTake(int count, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (count > _fragment.Length - Position) return false;
        bytes = _fragment.Slice(Position, count);
        Position += count;
        return true;
    }

    private static long Little(ReadOnlySpan<byte> bytes)
    {
        Span<byte> whole = stackalloc byte[8];
        whole.Clear();
        bytes.CopyTo(whole);
        return BinaryPrimitives.ReadInt64LittleEndian(whole);
    }
}
