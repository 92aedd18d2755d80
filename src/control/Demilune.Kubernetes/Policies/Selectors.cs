using System.Collections.Immutable;
using Demilune.Policy.Model;
using k8s.Models;

namespace Demilune.Kubernetes.Policies;

/// <summary>Label selectors and labels as the API gives them → as policies take them.</summary>
internal static class Selectors
{
    /// <param name="field">Where it stands, for its author: "spec.podSelector".</param>
    /// <returns>Null: it makes no sense, and <paramref name="problems"/> says why.</returns>
    public static LabelSelector? Read(V1LabelSelector? selector, List<string> problems, string field)
    {
        var requirements = new List<LabelRequirement>();
        foreach (var (label, value) in selector?.MatchLabels ?? new Dictionary<string, string>())
            requirements.Add(new LabelRequirement(label, LabelOperator.In, [value]));
        foreach (var (expression, index) in (selector?.MatchExpressions ?? []).Select((expression, index) => (expression, index)))
        {
            var values = expression.Values ?? [];
            LabelOperator? known = expression.OperatorProperty switch
            {
                "In" when values.Count > 0 => LabelOperator.In,
                "NotIn" when values.Count > 0 => LabelOperator.NotIn,
                "Exists" when values.Count == 0 => LabelOperator.Exists,
                "DoesNotExist" when values.Count == 0 => LabelOperator.DoesNotExist,
                _ => null,
            };
            if (known is not { } @operator)
            {
                problems.Add($"{field}.matchExpressions[{index}]: {expression.Key} {expression.OperatorProperty} with {values.Count} values makes no sense");
                return null;
            }
            requirements.Add(new LabelRequirement(expression.Key, @operator, values));
        }
        return new LabelSelector(requirements);
    }

    public static ImmutableDictionary<string, string> Labels(IDictionary<string, string>? labels) =>
        labels?.ToImmutableDictionary() ?? ImmutableDictionary<string, string>.Empty;
}
