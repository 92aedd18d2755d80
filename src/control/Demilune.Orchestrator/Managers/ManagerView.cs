using System.Collections.Immutable;

namespace Demilune.Orchestrator.Managers;

/// <summary>What is known of a manager. Immutable.</summary>
/// <param name="Listed">The policies that it has; null: it never answered.</param>
/// <param name="Policies">Those of them that somebody refers to, by name. One whose newest revision could not be read is here in its former one.</param>
/// <param name="Trouble">Why it could not be asked; null: it answered.</param>
internal sealed record ManagerView(ImmutableArray<ManagerPolicyEntry>? Listed, ImmutableSortedDictionary<string, ManagerPolicy> Policies, string? Trouble)
{
    public static readonly ManagerView Unknown = new(null, ImmutableSortedDictionary.Create<string, ManagerPolicy>(StringComparer.Ordinal), "it has not been asked yet");

    /// <summary>Follows spec.external. Pure.</summary>
    /// <param name="view">Null: there is no such SecurityManager.</param>
    public static (ManagerPolicy? Policy, string Reason, string Message) Follow(ManagerView? view, string manager, string policy)
    {
        if (view is null) return (null, "ManagerNotFound", $"there is no SecurityManager \"{manager}\"");
        if (view.Policies.TryGetValue(policy, out var known)) return (known, "", "");
        if (view.Listed is null) return (null, "ManagerSilent", $"SecurityManager \"{manager}\" has not said anything yet: {view.Trouble}");
        return view.Listed.Value.Any(entry => entry.Name == policy)
            ? (null, "ExternalPolicyPending", $"policy \"{policy}\" of SecurityManager \"{manager}\" is being read{(view.Trouble is null ? "" : $": {view.Trouble}")}")
            : (null, "ExternalPolicyNotFound", $"SecurityManager \"{manager}\" has no policy \"{policy}\"");
    }
}
