using Demilune.Contracts.Frames;
using Demilune.Contracts.Nodes;

namespace Demilune.Node.Splice.Compile;

/// <summary>The tags of this node's panels of several judges. A panel keeps its tag while it is in use; a freed tag comes round again after all others.</summary>
/// <remarks>Single owner, not thread-safe.</remarks>
internal sealed class PanelTags
{
    private readonly Dictionary<Panel, ushort> _tags = [];
    private readonly HashSet<ushort> _taken = [];
    private int _last = CombinationTags.First - 1;

    /// <summary>As an agent before this one gave them out.</summary>
    public void Restore(IEnumerable<PolicyCombination> combinations)
    {
        foreach (var one in combinations)
        {
            var panel = new Panel(one.ChainId, [.. one.Policies.Select(tag => (ushort)tag)], [.. one.Shadows.Select(tag => (ushort)tag)]);
            if (one.Tag is < CombinationTags.First or > CombinationTags.Last || _tags.ContainsKey(panel) || !_taken.Add((ushort)one.Tag)) continue;
            _tags.Add(panel, (ushort)one.Tag);
            _last = Math.Max(_last, (int)one.Tag);
        }
    }

    /// <returns>Its only judge's own tag, or one given out here; <see cref="CombinationTags.Nobody"/>: there are no more.</returns>
    public ushort Of(Panel panel)
    {
        if (panel.IsOne) return panel.Policies[0];
        if (_tags.TryGetValue(panel, out var known)) return known;
        if (_taken.Count > CombinationTags.Last - CombinationTags.First) return CombinationTags.Nobody;
        do _last = _last >= CombinationTags.Last ? CombinationTags.First : _last + 1;
        while (!_taken.Add((ushort)_last));
        return _tags[panel] = (ushort)_last;
    }

    /// <summary>Frees the tags of all others.</summary>
    public void Keep(IReadOnlySet<Panel> inUse)
    {
        foreach (var (panel, tag) in _tags)
            if (!inUse.Contains(panel) && _tags.Remove(panel)) _taken.Remove(tag);
    }
}
