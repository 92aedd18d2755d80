namespace Demilune.Inspection.Flows;

/// <summary>What rules remember of a flow besides bits: counters (<c>flowint</c>) and captured texts (<c>flowvar</c>), by the rule set's numbers.</summary>
internal sealed class FlowMemory
{
    private uint?[] _counters = [];
    private List<(int Name, byte[] Text)>? _texts;

    /// <summary>Texts kept of one flow: each has a name of its own or a new value. Enough for all the variables that rules in use have.</summary>
    private const int MaxTexts = 64;

    /// <summary>Null: never set.</summary>
    public uint? Counter(int slot) => slot < _counters.Length ? _counters[slot] : null;

    public void SetCounter(int slot, uint value)
    {
        if (slot >= _counters.Length) Array.Resize(ref _counters, slot + 1);
        _counters[slot] = value;
    }

    public IReadOnlyList<(int Name, byte[] Text)> Texts => _texts ?? (IReadOnlyList<(int, byte[])>)[];

    public bool HasCounters => _counters.Length > 0;

    /// <summary>A later text by the same name replaces the earlier.</summary>
    public void SetText(int name, ReadOnlySpan<byte> text)
    {
        _texts ??= [];
        var index = _texts.FindIndex(known => known.Name == name);
        if (index >= 0) _texts[index] = (name, text.ToArray());
        else if (_texts.Count < MaxTexts) _texts.Add((name, text.ToArray()));
    }

    public void ClearTexts() => _texts?.Clear();

    public bool Contains(int name, ReadOnlySpan<byte> content)
    {
        if (_texts is null) return false;
        foreach (var (known, text) in _texts)
            if (known == name && text.AsSpan().IndexOf(content) >= 0) return true;
        return false;
    }
}
