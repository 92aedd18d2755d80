using System.Runtime.InteropServices;

namespace Demilune.Node.Splice.Compile;

/// <summary>The rows of one kernel table, as bytes.</summary>
internal sealed class Table
{
    public Dictionary<Bytes, Bytes> Rows { get; } = [];

    public void Set<TKey, TValue>(TKey key, TValue value) where TKey : unmanaged where TValue : unmanaged =>
        Rows[Bytes.Of(key)] = Bytes.Of(value);

    public void Add(Table other) => Add(other.Rows);

    public void Add(IEnumerable<KeyValuePair<Bytes, Bytes>> rows)
    {
        foreach (var (key, value) in rows) Rows[key] = value;
    }

    /// <summary>What <paramref name="actual"/> lacks or has otherwise.</summary>
    public IEnumerable<KeyValuePair<Bytes, Bytes>> Missing(Table actual) =>
        Rows.Where(row => !actual.Rows.TryGetValue(row.Key, out var value) || !value.Equals(row.Value));

    /// <summary>What <paramref name="actual"/> has and this has not.</summary>
    public IEnumerable<Bytes> Stale(Table actual) => actual.Rows.Keys.Where(key => !Rows.ContainsKey(key));
}

/// <summary>Bytes that are compared by content.</summary>
internal readonly struct Bytes : IEquatable<Bytes>
{
    // Rows are looked up many times for each time that one is made.
    private readonly int _hash;

    public Bytes(byte[] value)
    {
        Value = value;
        HashCode hash = default;
        hash.AddBytes(value);
        _hash = hash.ToHashCode();
    }

    public byte[] Value { get; }

    public static Bytes Of<T>(T value) where T : unmanaged => new(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray());

    public bool Equals(Bytes other) => _hash == other._hash && Value.AsSpan().SequenceEqual(other.Value);

    public override bool Equals(object? obj) => obj is Bytes other && Equals(other);

    public override int GetHashCode() => _hash;

    public override string ToString() => Convert.ToHexString(Value);
}
