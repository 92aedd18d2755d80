namespace Demilune.Wire.Http2;

/// <summary>Fields of one message, in the order in which they came. Used again for others.</summary>
public sealed class HeaderList
{
    /// <summary>As many as our HTTP/1 parser reads; nobody sends them honestly.</summary>
    public const int MaxFields = 256;

    /// <summary>Bytes of names and values. Servers mostly allow 8 to 32 KiB.</summary>
    public const int MaxBytes = 128 << 10;

    private readonly List<(int Name, int Value, int End)> _fields = [];
    private byte[] _bytes = new byte[512];
    private int _length;

    public int Count => _fields.Count;

    public ReadOnlySpan<byte> Name(int index) => _bytes.AsSpan(_fields[index].Name, _fields[index].Value - _fields[index].Name);

    public ReadOnlySpan<byte> Value(int index) => _bytes.AsSpan(_fields[index].Value, _fields[index].End - _fields[index].Value);

    /// <summary>The value of the first field of that name; empty if there is none.</summary>
    public ReadOnlySpan<byte> Find(ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < Count; i++)
            if (Name(i).SequenceEqual(name)) return Value(i);
        return default;
    }

    public void Clear()
    {
        _fields.Clear();
        _length = 0;
    }

    /// <summary>Adds a copy of another list's field.</summary>
    /// <returns>False: there is no room.</returns>
    public bool TryAppend(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => TryAdd(name, value);

    /// <returns>False: there is no room.</returns>
    internal bool TryAdd(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var end = _length + name.Length + value.Length;
        if (Count == MaxFields || end > MaxBytes) return false;
        if (_bytes.Length < end) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, end));
        name.CopyTo(_bytes.AsSpan(_length));
        value.CopyTo(_bytes.AsSpan(_length + name.Length));
        _fields.Add((_length, _length + name.Length, end));
        _length = end;
        return true;
    }
}
