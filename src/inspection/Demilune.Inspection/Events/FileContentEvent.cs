namespace Demilune.Inspection.Events;

/// <summary>
/// Bytes of a file that may be wanted: keep them until its <see cref="FileEvent"/> says whether it is. They come in order and without gaps; a file that has gaps
/// says so at its end.
/// </summary>
/// <param name="id"><see cref="FileFields.StoreId"/>.</param>
/// <param name="offset">Where they begin; -1: there is no such file any more, no event will follow.</param>
/// <param name="bytes">The bytes.</param>
public readonly ref struct FileContentEvent(long id, long offset, ReadOnlySpan<byte> bytes)
{
    public long Id { get; } = id;
    public long Offset { get; } = offset;
    public ReadOnlySpan<byte> Bytes { get; } = bytes;
}
