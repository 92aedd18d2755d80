using System.Collections.Immutable;
using Demilune.Neutron;
using Demilune.Raven.Design;

namespace Demilune.Raven.Planning;

/// <summary>Spares get what the quota of ports leaves, and give way before it refuses somebody a port. Pure.</summary>
internal static class PortQuota
{
    /// <param name="free">How many more ports there may be.</param>
    /// <param name="leaving">How many are about to make room.</param>
    /// <returns>The plan with fewer spares; and keys of ports that it no longer makes, because the spares that make room for them have to go first.</returns>
    public static (ImmutableArray<Operation> Plan, ImmutableArray<string> Later) Fit(ImmutableArray<Operation> plan, NetworkSnapshot actual, string cluster, int free, int leaving)
    {
        var needed = plan.Count(operation => IsPort(operation) && !Key.IsSpare(operation.Key));
        if (needed <= free)
        {
            var left = free - needed;
            return ([.. plan.Where(operation => !IsPort(operation) || !Key.IsSpare(operation.Key) || left-- > 0)], []);
        }
        var spoken = plan.Select(operation => operation switch { Update update => update.Id, Delete delete => delete.Id, _ => "" }).ToHashSet(StringComparer.Ordinal);
        var given = actual.All<Port>().Where(port => port.DeviceOwner == DeviceOwners.Spare && !spoken.Contains(port.Id)).Take(needed - free - leaving)
            .Select(port => new Delete(Key.FromMark(cluster, port.Description)!, typeof(Port), port.Id)).ToList();
        var room = given.Count + leaving == 0 ? int.MaxValue : free;
        var (kept, later) = (new List<Operation>(given), new List<string>());
        foreach (var operation in plan)
        {
            if (!IsPort(operation)) kept.Add(operation);
            else if (Key.IsSpare(operation.Key)) continue;
            else if (room-- > 0) kept.Add(operation);
            else later.Add(operation.Key);
        }
        return ([.. kept], [.. later]);
    }

    private static bool IsPort(Operation operation) => operation is Create { Resource: Port };
}
