using Demilune.Inspection.Reassembly;
using Demilune.Rules.Buffers;
using Demilune.Rules.Prefilters;

namespace Demilune.Inspection.Sessions;

/// <summary>
/// What rules see of a long run of bytes (a body, a stream): all of it up to a limit, and from then on the newest piece with some bytes from before
/// it, so that no match is lost at a seam. In that second stage a piece that nothing is suspected in is never copied.
/// </summary>
internal sealed class InspectionWindow(int limit, SegmentPool pool)
{
    /// <summary>Bytes from before the newest piece that are kept: a signature whose contents span more is not found past the limit.</summary>
    public const int Overlap = 8 << 10;

    private byte[] _bytes = [];
    private int _length;
    private bool _holdsPiece;

    /// <summary>For the prefilter.</summary>
    public StreamTail Tail;

    /// <summary>Bytes seen so far, the piece at hand included.</summary>
    public long Total { get; private set; }

    /// <summary>No byte will follow.</summary>
    public bool IsComplete { get; set; }

    /// <summary>A piece has come.</summary>
    public void Begin(ReadOnlySpan<byte> piece)
    {
        _holdsPiece = Total + piece.Length <= limit;
        if (_holdsPiece) Append(piece);
        Total += piece.Length;
    }

    /// <summary>The window with the piece in it.</summary>
    /// <param name="piece">The same as in <see cref="Begin"/>, or empty after <see cref="End"/>.</param>
    public BufferView View(ReadOnlySpan<byte> piece)
    {
        if (!_holdsPiece && !piece.IsEmpty)
        {
            KeepOverlap();
            Append(piece);
            _holdsPiece = true;
        }
        return new(_bytes.AsSpan(0, _length), Total - _length, IsComplete);
    }

    /// <summary>Bytes are missing: nothing before them is found together with what follows.</summary>
    public void Skip(long count) => (_length, Total, Tail) = (0, Total + count, default);

    /// <summary>Done with the piece.</summary>
    public void End(ReadOnlySpan<byte> piece)
    {
        if (Total <= limit) return;
        if (_holdsPiece)
        {
            KeepOverlap();
        }
        else if (piece.Length >= Overlap)
        {
            _length = 0;
            Append(piece[^Overlap..]);
        }
        else
        {
            KeepOverlap();
            Append(piece);
            KeepOverlap();
        }
        _holdsPiece = true;
    }

    public void Clear()
    {
        if (_bytes.Length > 0) pool.Return(_bytes);
        (_bytes, _length, _holdsPiece, Total, IsComplete, Tail) = ([], 0, false, 0, false, default);
    }

    private void KeepOverlap()
    {
        if (_length <= Overlap) return;
        _bytes.AsSpan(_length - Overlap, Overlap).CopyTo(_bytes);
        _length = Overlap;
    }

    private void Append(ReadOnlySpan<byte> piece)
    {
        if (_bytes.Length < _length + piece.Length)
        {
            var larger = pool.Rent(Math.Max(_length + piece.Length, Math.Min(limit, _bytes.Length * 2)));
            _bytes.AsSpan(0, _length).CopyTo(larger);
            if (_bytes.Length > 0) pool.Return(_bytes);
            _bytes = larger;
        }
        piece.CopyTo(_bytes.AsSpan(_length));
        _length += piece.Length;
    }
}
