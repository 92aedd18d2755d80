using k8s.Models;

namespace Demilune.Kubernetes.Status;

/// <summary>What an object says of itself.</summary>
public static class Conditions
{
    /// <summary>The condition as it should be now; lastTransitionTime moves only when the status does.</summary>
    /// <param name="existing">The object's conditions so far, or null.</param>
    /// <param name="status">Null: not known.</param>
    /// <param name="reason">CamelCase, one word, for programs.</param>
    /// <param name="message">A sentence, for people.</param>
    public static V1Condition Next(
        IEnumerable<V1Condition>? existing, string type, bool? status, string reason, string message, long? generation, DateTimeOffset now)
    {
        var word = status switch { true => "True", false => "False", null => "Unknown" };
        var before = Find(existing, type);
        return new V1Condition
        {
            Type = type,
            Status = word,
            Reason = reason,
            Message = message.Length > 32_768 ? message[..32_768] : message,
            ObservedGeneration = generation,
            // Whole seconds: what the API server would give back, so that comparing finds no difference.
            LastTransitionTime = before?.Status == word && before.LastTransitionTime is { } since
                ? since
                : DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds()).UtcDateTime,
        };
    }

    public static V1Condition? Find(IEnumerable<V1Condition>? conditions, string type) =>
        conditions?.FirstOrDefault(condition => condition.Type == type);

    public static bool IsTrue(IEnumerable<V1Condition>? conditions, string type) => Find(conditions, type)?.Status == "True";
}
