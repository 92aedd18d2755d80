using Demilune.Policy.Model;

namespace Demilune.Policy.Intents;

/// <summary>Pods by label, so that a new selector finds its own without asking all.</summary>
internal sealed class LabelIndex
{
    private readonly Dictionary<(string Label, string Value), Dictionary<string, Pod>> _pods = [];

    public void Add(Pod pod)
    {
        foreach (var (label, value) in pod.Labels)
        {
            if (!_pods.TryGetValue((label, value), out var pods)) _pods[(label, value)] = pods = new(StringComparer.Ordinal);
            pods[pod.Uid] = pod;
        }
    }

    public void Remove(Pod pod)
    {
        foreach (var (label, value) in pod.Labels)
            if (_pods.TryGetValue((label, value), out var pods) && pods.Remove(pod.Uid) && pods.Count == 0) _pods.Remove((label, value));
    }

    /// <summary>Everybody whom the selector matches, each once, and some whom it does not; null: it asks for no particular value.</summary>
    public IEnumerable<Pod>? Candidates(LabelSelector selector) => selector.Narrowest is not { } asked
        ? null
        : asked.Values.SelectMany(value => _pods.TryGetValue((asked.Label, value), out var pods) ? pods.Values : Enumerable.Empty<Pod>());
}
