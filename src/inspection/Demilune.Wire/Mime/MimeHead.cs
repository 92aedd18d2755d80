using System.Text;

namespace Demilune.Wire.Mime;

/// <summary>The head of one entity. Used again for the next one.</summary>
public sealed class MimeHead
{
    /// <summary>Fields that are kept; what comes after is not looked at. Ten times what mail relays add.</summary>
    private const int MaxFields = 256;

    /// <summary>Bytes of one value that are kept. Suricata's header-value-depth.</summary>
    public const int MaxValue = 2000;

    /// <summary>Bytes of one name. RFC 5322 sets no limit; the longest registered has 40.</summary>
    public const int MaxName = 75;

    private readonly List<(int Start, int NameLength, int ValueStart, int ValueLength)> _fields = [];
    private byte[] _arena = new byte[1024];
    private int _used;

    public int Count => _fields.Count;

    public ReadOnlySpan<byte> Name(int index) => _arena.AsSpan(_fields[index].Start, _fields[index].NameLength);

    /// <summary>Unfolded: a line that goes on stands behind the former with its leading blank.</summary>
    public ReadOnlySpan<byte> Value(int index) => _arena.AsSpan(_fields[index].ValueStart, _fields[index].ValueLength);

    /// <summary>Of the first field of this name; empty if there is none.</summary>
    public ReadOnlySpan<byte> Value(ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < _fields.Count; i++)
            if (Ascii.EqualsIgnoreCase(Name(i), name)) return Value(i);
        return default;
    }

    /// <summary>The media type alone, without parameters.</summary>
    public ReadOnlySpan<byte> ContentType
    {
        get
        {
            var value = Value("content-type"u8).TrimStart(" \t"u8);
            var end = value.IndexOfAny(" \t;"u8);
            return end < 0 ? value : value[..end];
        }
    }

    internal void Clear()
    {
        _fields.Clear();
        _used = 0;
    }

    internal bool IsFull => _fields.Count == MaxFields;

    internal void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (IsFull) return;
        var start = _used;
        Append(name);
        var at = _used;
        Append(value[..Math.Min(value.Length, MaxValue)]);
        _fields.Add((start, name.Length, at, _used - at));
    }

    /// <returns>False: the value has reached its limit.</returns>
    internal bool Continue(ReadOnlySpan<byte> line)
    {
        var (start, nameLength, valueStart, valueLength) = _fields[^1];
        var taken = Math.Min(line.Length, MaxValue - valueLength);
        Append(line[..taken]);
        _fields[^1] = (start, nameLength, valueStart, valueLength + taken);
        return taken == line.Length;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_arena.Length < _used + bytes.Length) Array.Resize(ref _arena, Math.Max(_arena.Length * 2, _used + bytes.Length));
        bytes.CopyTo(_arena.AsSpan(_used));
        _used += bytes.Length;
    }
}
