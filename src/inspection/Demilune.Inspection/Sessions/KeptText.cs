namespace Demilune.Inspection.Sessions;

/// <summary>The beginning of something that was said, kept to be told later. Used again.</summary>
/// <param name="limit">Bytes that are kept.</param>
internal sealed class KeptText(int limit)
{
    private byte[] _bytes = [];
    private int _length;

    /// <summary>Something was said, if only nothing.</summary>
    public bool IsThere { get; private set; }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    public void Set(ReadOnlySpan<byte> text)
    {
        _length = Math.Min(text.Length, limit);
        if (_bytes.Length < _length) _bytes = new byte[Math.Min(limit, Math.Max(_length, 2 * _bytes.Length))];
        text[.._length].CopyTo(_bytes);
        IsThere = true;
    }

    public void Clear() => (_length, IsThere) = (0, false);
}
