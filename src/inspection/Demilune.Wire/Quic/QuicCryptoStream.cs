namespace Demilune.Wire.Quic;

/// <summary>Puts the pieces of one side's handshake together, which come in any order, even within a packet.</summary>
public sealed class QuicCryptoStream
{
    /// <summary>A hello with several post-quantum keys has four kilobytes; whoever sends more in Initial packets means no good.</summary>
    public const int MaxBytes = 32 << 10;

    /// <summary>Pieces that lie apart. Clients shuffle a hello into some dozens on purpose.</summary>
    private const int MaxPieces = 256;

    private readonly List<(int Start, int End)> _pieces = [];
    private byte[] _bytes = [];

    /// <summary>Bytes from the start on without a gap.</summary>
    public ReadOnlySpan<byte> Contiguous => _pieces.Count > 0 && _pieces[0].Start == 0 ? _bytes.AsSpan(0, _pieces[0].End) : default;

    public void Clear()
    {
        _pieces.Clear();
        _bytes = [];
    }

    /// <summary>Takes a piece. Of bytes that came before, the first copy counts.</summary>
    /// <returns>False: more than is held.</returns>
    public bool TryAdd(ulong offset, ReadOnlySpan<byte> bytes)
    {
        if (offset + (ulong)bytes.Length > MaxBytes || _pieces.Count == MaxPieces) return false;
        if (bytes.IsEmpty) return true;
        var (start, end) = ((int)offset, (int)offset + bytes.Length);
        if (_bytes.Length < end) Array.Resize(ref _bytes, Math.Max(end, Math.Min(MaxBytes, _bytes.Length * 2)));
        var at = start;
        var index = _pieces.FindIndex(piece => piece.End >= start);
        if (index < 0) index = _pieces.Count;
        while (index < _pieces.Count && _pieces[index].Start <= end)
        {
            var piece = _pieces[index];
            if (piece.Start > at) bytes[(at - start)..(piece.Start - start)].CopyTo(_bytes.AsSpan(at));
            at = Math.Max(at, piece.End);
            (int joinedStart, int joinedEnd) = (Math.Min(piece.Start, (int)offset), Math.Max(piece.End, end));
            _pieces.RemoveAt(index);
            (offset, end) = ((ulong)joinedStart, joinedEnd);
        }
        var last = start + bytes.Length;
        if (at < last) bytes[(at - start)..].CopyTo(_bytes.AsSpan(at));
        _pieces.Insert(index, ((int)offset, end));
        return true;
    }
}
