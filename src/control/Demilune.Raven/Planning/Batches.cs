using Demilune.Neutron;

namespace Demilune.Raven.Planning;

/// <summary>Operations that follow each other in a plan and may be under way together, because none waits for another. Pure.</summary>
internal static class Batches
{
    public static IEnumerable<IReadOnlyList<Operation>> Of(IEnumerable<Operation> plan)
    {
        var batch = new List<Operation>();
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (var operation in plan)
        {
            if (batch.Count > 0 && (KindOf(batch[0]) is not { } kind || kind != KindOf(operation) || operation.After.Any(keys.Contains)))
            {
                yield return batch;
                batch = [];
                keys.Clear();
            }
            batch.Add(operation);
            keys.Add(operation.Key);
        }
        if (batch.Count > 0) yield return batch;
    }

    /// <summary>Null: each for itself. networking-sfc looks for conflicts among all that there is, and two at once could both find none.</summary>
    private static (Type, Type)? KindOf(Operation operation) => operation switch
    {
        Create { Resource: Port or SecurityGroup or SecurityGroupRule or AddressGroup } create => (typeof(Create), create.Resource.GetType()),
        Update { Changes: Port } => (typeof(Update), typeof(Port)),
        Delete delete when delete.Kind == typeof(Port) || delete.Kind == typeof(SecurityGroupRule) => (typeof(Delete), delete.Kind),
        _ => null,
    };
}
