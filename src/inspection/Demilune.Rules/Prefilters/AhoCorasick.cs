using Demilune.Rules.Matching;

namespace Demilune.Rules.Prefilters;

/// <summary>The classic automaton over lower-cased bytes: slower than the prefilter on ordinary traffic, linear on any.</summary>
/// <remarks>Children of a state are a sorted range of one array instead of 256 slots: 13,000 literals take megabytes, not hundreds.</remarks>
internal sealed class AhoCorasick
{
    private readonly Literal[] _literals;
    private readonly int[] _rootChildren = new int[256];
    private readonly int[] _childStarts;
    private readonly byte[] _childBytes;
    private readonly int[] _childStates;
    private readonly int[] _fallback;

    /// <summary>Literals that end in a state: a range of <see cref="_outputs"/>.</summary>
    private readonly int[] _outputStarts;
    private readonly int[] _outputs;

    /// <summary>Nearest shorter suffix that is a literal too, or 0.</summary>
    private readonly int[] _shorter;

    public AhoCorasick(Literal[] literals)
    {
        _literals = literals;
        var children = new List<SortedList<byte, int>?> { null };
        var ends = new List<List<int>?> { null };
        for (var index = 0; index < literals.Length; index++)
        {
            var state = 0;
            foreach (var value in literals[index].Bytes)
            {
                var next = children[state] ??= new(1);
                var key = Bytes.Lower(value);
                if (!next.TryGetValue(key, out var child))
                {
                    child = children.Count;
                    next.Add(key, child);
                    children.Add(null);
                    ends.Add(null);
                }
                state = child;
            }
            (ends[state] ??= []).Add(index);
        }

        var count = children.Count;
        _childStarts = new int[count + 1];
        _outputStarts = new int[count + 1];
        _childBytes = new byte[count - 1];
        _childStates = new int[count - 1];
        var outputs = new List<int>();
        for (int state = 0, at = 0; state < count; state++)
        {
            foreach (var (value, child) in children[state] ?? [])
            {
                _childBytes[at] = value;
                _childStates[at++] = child;
                if (state == 0) _rootChildren[value] = child;
            }
            _childStarts[state + 1] = at;
            outputs.AddRange(ends[state] ?? []);
            _outputStarts[state + 1] = outputs.Count;
        }
        _outputs = [.. outputs];

        _fallback = new int[count];
        _shorter = new int[count];
        var queue = new Queue<int>(children[0]?.Values ?? []);
        while (queue.TryDequeue(out var state))
        {
            foreach (var (value, child) in children[state] ?? [])
            {
                _fallback[child] = Next(_fallback[state], value);
                queue.Enqueue(child);
            }
            var shorter = _fallback[state];
            _shorter[state] = _outputStarts[shorter] != _outputStarts[shorter + 1] ? shorter : _shorter[shorter];
        }
    }

    public void Scan(ReadOnlySpan<byte> bytes, CandidateSet candidates)
    {
        var state = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            state = Next(state, Bytes.Lower(bytes[i]));
            // At most as many turns as the longest literal has bytes.
            for (var end = state; end != 0; end = _shorter[end])
            {
                for (var at = _outputStarts[end]; at < _outputStarts[end + 1]; at++)
                {
                    var literal = _literals[_outputs[at]];
                    if (!literal.IsSpentIn(candidates) && literal.MatchesAt(bytes, i + 1 - literal.Bytes.Length))
                        LiteralPrefilter.Add(literal, candidates);
                }
            }
        }
    }

    private int Next(int state, byte value)
    {
        for (; state != 0; state = _fallback[state])
        {
            var start = _childStarts[state];
            var found = _childBytes.AsSpan(start, _childStarts[state + 1] - start).IndexOf(value);
            if (found >= 0) return _childStates[start + found];
        }
        return _rootChildren[value];
    }
}
