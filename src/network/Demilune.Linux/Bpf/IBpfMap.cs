namespace Demilune.Linux.Bpf;

/// <summary>What can be done with a kernel table. The real one is <see cref="BpfMap"/>; tests watch each write in tables of their own.</summary>
public interface IBpfMap
{
    /// <inheritdoc cref="BpfMap.Spec"/>
    BpfMapSpec Spec { get; }

    /// <inheritdoc cref="BpfMap.ValueLength"/>
    int ValueLength { get; }

    /// <inheritdoc cref="BpfMap.TryLookup"/>
    bool TryLookup(ReadOnlySpan<byte> key, Span<byte> value);

    /// <inheritdoc cref="BpfMap.Update"/>
    void Update(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);

    /// <inheritdoc cref="BpfMap.TryAdd"/>
    bool TryAdd(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);

    /// <inheritdoc cref="BpfMap.UpdateBatch"/>
    void UpdateBatch(ReadOnlySpan<byte> keys, ReadOnlySpan<byte> values);

    /// <inheritdoc cref="BpfMap.Delete"/>
    bool Delete(ReadOnlySpan<byte> key);

    /// <inheritdoc cref="BpfMap.Keys"/>
    List<byte[]> Keys();
}
