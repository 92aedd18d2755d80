using System.Collections.Immutable;
using Demilune.Policy.Model;

namespace Demilune.Policy.Intents;

/// <summary>All selectors in use, and whom each selects while pods come, go and change and namespaces get other labels.</summary>
/// <remarks>
/// A change costs what it touches: a pod meets the selectors that cover its namespace and ask for one of its labels, a namespace those whose
/// namespace selector it begins or ceases to match. A namespace counts while it has pods or labels.
/// </remarks>
internal sealed class SelectionTable(Action<Selection, Pod?, Pod?> moved)
{
    private readonly Dictionary<PeerSelector, Selection> _selections = [];
    private readonly Dictionary<string, Space> _spaces = new(StringComparer.Ordinal);
    private readonly Dictionary<LabelSelector, SpaceGroup> _groups = [];
    private readonly SelectorIndex<SpaceGroup> _groupsByLabel = new();
    private readonly LabelIndex _podsByLabel = new();

    public Selection? Find(PeerSelector selector) => _selections.GetValueOrDefault(selector);

    /// <summary>Those that select the pod.</summary>
    public IEnumerable<Selection> Of(Pod pod) => Covering(_spaces[pod.Name.Namespace], pod, null).Where(selection => selection.Matches(pod));

    /// <summary>Finds it or begins to keep it.</summary>
    public Selection Use(PeerSelector selector)
    {
        if (_selections.TryGetValue(selector, out var known)) return known;
        var selection = _selections[selector] = new Selection(selector);
        if (selector.Namespace is { } name)
        {
            var space = SpaceOf(name);
            space.Selections.Add(selector.Pods, selection);
            selection.Fill(space.Pods.Values);
            return selection;
        }
        var group = GroupOf(selector.Namespaces!);
        group.Selections.Add(selector.Pods, selection);
        group.Count++;
        selection.Fill(_podsByLabel.Candidates(selector.Pods)?.Where(pod => group.Spaces.Contains(_spaces[pod.Name.Namespace]))
            ?? group.Spaces.SelectMany(space => space.Pods.Values));
        return selection;
    }

    /// <summary>Forgets the selection if nobody uses it any more.</summary>
    public void Release(Selection selection)
    {
        if (selection.IsUsed || !_selections.Remove(selection.Selector)) return;
        if (selection.Selector.Namespace is { } name)
        {
            _spaces[name].Selections.Remove(selection.Selector.Pods, selection);
            _spaces[name].Uses--;
            Trim(name);
            return;
        }
        var group = _groups[selection.Selector.Namespaces!];
        group.Selections.Remove(selection.Selector.Pods, selection);
        if (--group.Count > 0) return;
        _groups.Remove(group.Selector);
        _groupsByLabel.Remove(group.Selector, group);
        foreach (var space in group.Spaces) space.Groups.Remove(group);
    }

    /// <summary>A pod has come (no <paramref name="old"/>), gone (no <paramref name="now"/>) or changed.</summary>
    public void SetPod(Pod? old, Pod? now)
    {
        var name = (old ?? now)!.Name.Namespace;
        var space = SpaceOf(name);
        if (old is not null)
        {
            space.Pods.Remove(old.Uid);
            _podsByLabel.Remove(old);
        }
        if (now is not null)
        {
            space.Pods[now.Uid] = now;
            _podsByLabel.Add(now);
        }
        foreach (var selection in Covering(space, old, now))
        {
            var (left, joined) = (old is not null && selection.Matches(old) ? old : null, now is not null && selection.Matches(now) ? now : null);
            if (left is not null || joined is not null) moved(selection, left, joined);
        }
        space.Uses--;
        Trim(name);
    }

    /// <param name="labels">Null: the namespace is gone.</param>
    public void SetNamespace(string name, ImmutableDictionary<string, string>? labels)
    {
        var space = SpaceOf(name);
        var before = space.Groups.ToList();
        space.Known = labels is not null;
        space.Labels = labels ?? ImmutableDictionary<string, string>.Empty;
        foreach (var group in before.Where(group => !group.Selector.Matches(space.Labels)))
        {
            Leave(space, group);
            foreach (var pod in space.Pods.Values)
                foreach (var selection in group.Selections.Candidates(pod.Labels).Where(selection => selection.Matches(pod)).ToList()) moved(selection, pod, null);
        }
        foreach (var group in _groupsByLabel.Candidates(space.Labels).Where(group => !space.Groups.Contains(group) && group.Selector.Matches(space.Labels)).ToList())
        {
            Join(space, group);
            foreach (var pod in space.Pods.Values)
                foreach (var selection in group.Selections.Candidates(pod.Labels).Where(selection => selection.Matches(pod)).ToList()) moved(selection, null, pod);
        }
        space.Uses--;
        Trim(name);
    }

    /// <summary>A list, not a walk: what follows from one may begin or end others.</summary>
    private static List<Selection> Covering(Space space, Pod? old, Pod? now)
    {
        var found = new HashSet<Selection>();
        foreach (var pod in new[] { old, now })
        {
            if (pod is null) continue;
            found.UnionWith(space.Selections.Candidates(pod.Labels));
            foreach (var group in space.Groups) found.UnionWith(group.Selections.Candidates(pod.Labels));
        }
        return [.. found];
    }

    /// <summary>Finds it or makes it, and holds it until <see cref="Space.Uses"/> is lowered and <see cref="Trim"/> asked.</summary>
    private Space SpaceOf(string name)
    {
        if (!_spaces.TryGetValue(name, out var space))
        {
            _spaces[name] = space = new Space();
            foreach (var group in _groupsByLabel.Candidates(space.Labels).Where(group => group.Selector.Matches(space.Labels)).ToList()) Join(space, group);
        }
        space.Uses++;
        return space;
    }

    private void Trim(string name)
    {
        if (_spaces[name] is not { Known: false, Uses: 0, Pods.Count: 0 } space) return;
        _spaces.Remove(name);
        foreach (var group in space.Groups) group.Spaces.Remove(space);
    }

    private SpaceGroup GroupOf(LabelSelector selector)
    {
        if (_groups.TryGetValue(selector, out var known)) return known;
        var group = _groups[selector] = new SpaceGroup(selector);
        _groupsByLabel.Add(selector, group);
        foreach (var space in _spaces.Values)
            if (selector.Matches(space.Labels)) Join(space, group);
        return group;
    }

    private static void Join(Space space, SpaceGroup group)
    {
        space.Groups.Add(group);
        group.Spaces.Add(space);
    }

    private static void Leave(Space space, SpaceGroup group)
    {
        space.Groups.Remove(group);
        group.Spaces.Remove(space);
    }

    /// <summary>A namespace.</summary>
    private sealed class Space
    {
        public ImmutableDictionary<string, string> Labels { get; set; } = ImmutableDictionary<string, string>.Empty;

        public Dictionary<string, Pod> Pods { get; } = new(StringComparer.Ordinal);

        /// <summary>Of this namespace alone.</summary>
        public SelectorIndex<Selection> Selections { get; } = new();

        /// <summary>Those that match its labels.</summary>
        public HashSet<SpaceGroup> Groups { get; } = [];

        /// <summary>The object is there, not only pods or policies that say they are in it.</summary>
        public bool Known { get; set; }

        public int Uses { get; set; }
    }

    /// <summary>A selector of namespaces, which many selectors of pods share.</summary>
    private sealed class SpaceGroup(LabelSelector selector)
    {
        public LabelSelector Selector { get; } = selector;

        public HashSet<Space> Spaces { get; } = [];

        public SelectorIndex<Selection> Selections { get; } = new();

        public int Count { get; set; }
    }
}
