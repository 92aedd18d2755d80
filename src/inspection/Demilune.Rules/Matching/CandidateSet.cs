namespace Demilune.Rules.Matching;

/// <summary>Signatures worth evaluating, by index. Owned by one worker and reused: adding never allocates.</summary>
public sealed class CandidateSet
{
    private ulong[] _bits = [];
    private int[] _list = [];
    private int[] _found = [];
    private int _count;

    /// <summary>In the order found, which means nothing: sort (<see cref="Sort"/>) to evaluate in rule order.</summary>
    public ReadOnlySpan<int> Signatures => _list.AsSpan(0, _count);

    public int Count => _count;

    /// <summary>Where the part of a joined rule set begins whose own numbers are used to add and to ask.</summary>
    internal int First { get; set; }

    /// <summary>Makes room for a rule set of <paramref name="signatures"/> and forgets everything. Allocates only to grow.</summary>
    public void Reset(int signatures)
    {
        Clear();
        if (_list.Length >= signatures) return;
        _list = new int[signatures];
        _found = new int[signatures];
        _bits = new ulong[(signatures + 63) / 64];
    }

    /// <summary>Room for a search to report in: a buffer has at most as many literals as there are signatures.</summary>
    internal Span<int> Found => _found;

    public void Clear()
    {
        foreach (var index in Signatures) _bits[index >> 6] = 0;
        _count = 0;
    }

    public bool Contains(int signature)
    {
        signature += First;
        return (_bits[signature >> 6] >> signature & 1) != 0;
    }

    public void Add(int signature)
    {
        signature += First;
        ref var word = ref _bits[signature >> 6];
        var bit = 1UL << signature;
        if ((word & bit) != 0) return;
        word |= bit;
        _list[_count++] = signature;
    }

    /// <summary>Puts them into the order of <see cref="Compile.RuleSet.Signatures"/>: the order in which actions apply.</summary>
    public void Sort() => _list.AsSpan(0, _count).Sort();
}
