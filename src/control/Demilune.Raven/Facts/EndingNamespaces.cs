using Demilune.Policy.Model;

namespace Demilune.Raven.Facts;

/// <summary>
/// Who deletes a namespace deletes what is in it in any order: its policies may be gone while its pods finish what they do (CVE-2024-7598). They hold here
/// until its last pod is gone.
/// </summary>
internal sealed class EndingNamespaces
{
    private readonly HashSet<string> _ending = new(StringComparer.Ordinal);
    private readonly HashSet<PolicyId> _kept = [];

    /// <param name="isEnding">It is there, and somebody has deleted it.</param>
    public void SetNamespace(string name, bool isEnding)
    {
        if (isEnding) _ending.Add(name);
        else _ending.Remove(name);
    }

    /// <summary>A policy is gone: whether it holds all the same, until <see cref="Release"/> says that it does not.</summary>
    public bool Keeps(PolicyId gone) => _ending.Contains(gone.Name.Namespace) && _kept.Add(gone);

    /// <summary>A policy is there (again): what holds is what it says.</summary>
    public void SetPolicy(PolicyId id) => _kept.Remove(id);

    /// <summary>Policies that need not hold any longer; each is told once.</summary>
    /// <param name="populated">Namespaces that have pods.</param>
    public IReadOnlyList<PolicyId> Release(Func<IReadOnlySet<string>> populated)
    {
        if (_kept.Count == 0) return [];
        var spaces = populated();
        var released = _kept.Where(id => !_ending.Contains(id.Name.Namespace) || !spaces.Contains(id.Name.Namespace)).ToList();
        _kept.ExceptWith(released);
        return released;
    }

    public void Clear()
    {
        _ending.Clear();
        _kept.Clear();
    }
}
