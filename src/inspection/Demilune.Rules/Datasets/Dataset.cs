using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Demilune.Rules.Datasets;

/// <summary>A named set of byte strings, each perhaps with a reputation. May be asked by several threads at once; asking neither locks nor allocates.</summary>
[SuppressMessage("Naming", "CA1711:Identifiers should not have incorrect suffix", Justification = "The language's own word.")]
public sealed class Dataset(string name, DatasetType type)
{
    /// <summary>
    /// Elements at most, so that a rule that adds whatever traffic brings cannot fill the memory: Suricata's default memcap (100 MB) at some 100 bytes each.
    /// </summary>
    public const int MaxElements = 1 << 20;

    /// <summary>Bytes of one element: longer ones are not added.</summary>
    public const int MaxElementLength = 64 * 1024;

    private readonly ConcurrentDictionary<byte[], ushort> _elements = new(new ByContent());

    public string Name => name;

    public DatasetType Type => type;

    public int Count => _elements.Count;

    public IEnumerable<KeyValuePair<byte[], ushort>> Elements => _elements;

    public bool Contains(ReadOnlySpan<byte> element) => _elements.GetAlternateLookup<ReadOnlySpan<byte>>().ContainsKey(element);

    public bool TryGetReputation(ReadOnlySpan<byte> element, out ushort reputation) =>
        _elements.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(element, out reputation);

    /// <returns>False when it was there already, or there is no room.</returns>
    public bool Add(ReadOnlySpan<byte> element, ushort reputation = 0)
    {
        if (element.Length > MaxElementLength || _elements.Count >= MaxElements) return false;
        return _elements.GetAlternateLookup<ReadOnlySpan<byte>>().TryAdd(element, reputation);
    }

    /// <returns>False when it was not there.</returns>
    public bool Remove(ReadOnlySpan<byte> element) => _elements.GetAlternateLookup<ReadOnlySpan<byte>>().TryRemove(element, out _, out _);

    /// <summary>Seeded anew in each process: who chooses the elements cannot choose them to collide.</summary>
    private sealed class ByContent : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        private readonly int _seed = Random.Shared.Next();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);
        public int GetHashCode(byte[] value) => GetHashCode(value.AsSpan());
        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);
        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

        public int GetHashCode(ReadOnlySpan<byte> value)
        {
            var hash = new HashCode();
            hash.Add(_seed);
            hash.AddBytes(value);
            return hash.ToHashCode();
        }
    }
}
