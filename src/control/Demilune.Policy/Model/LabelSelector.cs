using System.Collections.Immutable;

namespace Demilune.Policy.Model;

/// <summary>metav1.LabelSelector. All requirements must hold; none: everything is selected.</summary>
/// <remarks>matchLabels are requirements of one value. Two selectors that say the same have the same <see cref="Key"/>.</remarks>
public sealed class LabelSelector : IEquatable<LabelSelector>
{
    public static readonly LabelSelector Everything = new([]);

    private readonly ImmutableArray<LabelRequirement> _requirements;

    public LabelSelector(IEnumerable<LabelRequirement> requirements)
    {
        _requirements = [.. requirements.DistinctBy(requirement => requirement.Key).OrderBy(requirement => requirement.Key, StringComparer.Ordinal)];
        Key = string.Join(',', _requirements.Select(requirement => requirement.Key));
    }

    /// <summary>Canonical text, in kubectl's syntax: "app in (web),tier".</summary>
    public string Key { get; }

    /// <summary>Values of one label of which everything selected has one: the requirement that names fewest; null: none names any.</summary>
    internal (string Label, ImmutableHashSet<string> Values)? Narrowest
    {
        get
        {
            LabelRequirement? best = null;
            foreach (var requirement in _requirements)
                if (requirement.Asked is { } asked && (best is null || asked.Count < best.Asked!.Count)) best = requirement;
            return best is null ? null : (best.Label, best.Asked!);
        }
    }

    public bool Matches(ImmutableDictionary<string, string> labels)
    {
        foreach (var requirement in _requirements)
            if (!requirement.Holds(labels)) return false;
        return true;
    }

    public bool Equals(LabelSelector? other) => other is not null && Key == other.Key;

    public override bool Equals(object? obj) => Equals(obj as LabelSelector);

    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Key);

    public override string ToString() => Key.Length == 0 ? "everything" : Key;
}

/// <summary>One condition on one label.</summary>
public sealed class LabelRequirement
{
    private readonly string _label;
    private readonly LabelOperator _operator;
    private readonly ImmutableHashSet<string> _values;

    public LabelRequirement(string label, LabelOperator @operator, IEnumerable<string> values)
    {
        (_label, _operator, _values) = (label, @operator, [.. values]);
        var list = string.Join(',', _values.Order(StringComparer.Ordinal));
        Key = @operator switch
        {
            LabelOperator.In => $"{label} in ({list})",
            LabelOperator.NotIn => $"{label} notin ({list})",
            LabelOperator.Exists => label,
            _ => $"!{label}",
        };
    }

    public string Key { get; }

    internal string Label => _label;

    /// <summary>The values of which the label must have one; null: it is not that kind of requirement.</summary>
    internal ImmutableHashSet<string>? Asked => _operator == LabelOperator.In ? _values : null;

    /// <remarks>NotIn holds where the label is missing, as in labels.Requirement of Kubernetes.</remarks>
    public bool Holds(ImmutableDictionary<string, string> labels) => _operator switch
    {
        LabelOperator.In => labels.TryGetValue(_label, out var value) && _values.Contains(value),
        LabelOperator.NotIn => !labels.TryGetValue(_label, out var value) || !_values.Contains(value),
        LabelOperator.Exists => labels.ContainsKey(_label),
        _ => !labels.ContainsKey(_label),
    };
}

public enum LabelOperator
{
    In,
    NotIn,
    Exists,
    DoesNotExist,
}
