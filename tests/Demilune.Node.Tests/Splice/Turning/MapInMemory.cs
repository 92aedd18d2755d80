using Demilune.Linux.Bpf;

namespace Demilune.Node.Tests.Splice.Turning;

/// <summary>A table as the kernel keeps it, that tells of each row written or deleted: a batch is as many writes as it has rows.</summary>
internal sealed class MapInMemory(BpfMapSpec spec, Action changed) : IBpfMap
{
    private readonly Dictionary<string, byte[]> _rows = [];

    public BpfMapSpec Spec => spec;

    public int ValueLength => (int)spec.ValueSize;

    private bool IsArray => spec.Type is BpfMapType.Array or BpfMapType.PerCpuArray;

    public byte[]? Find(ReadOnlySpan<byte> key) => _rows.GetValueOrDefault(Convert.ToHexString(key)) ?? (IsArray ? new byte[ValueLength] : null);

    public bool TryLookup(ReadOnlySpan<byte> key, Span<byte> value)
    {
        var row = Find(key);
        row?.CopyTo(value);
        return row is not null;
    }

    public void Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        Assert.Equal((int)spec.KeySize, key.Length);
        Assert.Equal(ValueLength, value.Length);
        changed();
        _rows[Convert.ToHexString(key)] = value.ToArray();
    }

    public bool TryAdd(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (Find(key) is not null) return false;
        Update(key, value);
        return true;
    }

    public void UpdateBatch(ReadOnlySpan<byte> keys, ReadOnlySpan<byte> values)
    {
        for (var i = 0; i < keys.Length / (int)spec.KeySize; i++)
            Update(keys.Slice(i * (int)spec.KeySize, (int)spec.KeySize), values.Slice(i * ValueLength, ValueLength));
    }

    public bool Delete(ReadOnlySpan<byte> key)
    {
        if (Find(key) is null) return false;
        changed();
        return _rows.Remove(Convert.ToHexString(key));
    }

    public List<byte[]> Keys() => IsArray ? [.. Enumerable.Range(0, (int)spec.MaxEntries).Select(BitConverter.GetBytes)] : [.. _rows.Keys.Select(Convert.FromHexString)];
}
