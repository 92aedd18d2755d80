using Demilune.Rules.Matching;

namespace Demilune.Inspection.Detection;

/// <summary>
/// Signatures that something in a message or stream made worth evaluating, in rule order, with what they have found so far: a literal may be in one
/// piece and the rest of the signature's conditions in a later one.
/// </summary>
internal sealed class PendingSignatures
{
    private Pending[] _entries = [];
    private int _count;

    public Span<Pending> Entries => _entries.AsSpan(0, _count);

    public void Clear() => _count = 0;

    /// <param name="found">Sorted.</param>
    /// <param name="until">Position past which the bytes that made them candidates will have left the window.</param>
    public void Merge(ReadOnlySpan<int> found, long until)
    {
        foreach (var signature in found)
        {
            var index = Find(signature);
            if (index < _count && _entries[index].Signature == signature) _entries[index].Until = until;
            else Insert(index, new() { Signature = signature, Until = until });
        }
    }

    private int Find(int signature)
    {
        var (low, high) = (0, _count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_entries[middle].Signature < signature) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    private void Insert(int index, Pending entry)
    {
        if (_count == _entries.Length) Array.Resize(ref _entries, Math.Max(8, _count * 2));
        _entries.AsSpan(index, _count - index).CopyTo(_entries.AsSpan(index + 1));
        _entries[index] = entry;
        _count++;
    }
}

/// <summary>One signature that may still match.</summary>
internal struct Pending
{
    public int Signature;

    /// <summary>Which of its conditions have held already (the rules' own bits).</summary>
    public uint Matched;

    /// <summary>It is tried again with each piece up to this position, and once more when the message is complete.</summary>
    public long Until;

    /// <summary>It has matched: once is enough for a message or a stream.</summary>
    public bool IsDone;
}
