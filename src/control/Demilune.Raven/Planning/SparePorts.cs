using Demilune.Neutron;
using Demilune.Raven.Design;

namespace Demilune.Raven.Planning;

/// <summary>The pools of ports as they are, while a plan is made: who takes one, and how many they are to be afterwards. Pure.</summary>
internal sealed class SparePorts
{
    private readonly PortPools _wanted;
    private readonly SortedDictionary<string, Queue<Port>> _pools = new(StringComparer.Ordinal);

    /// <param name="everything">Looks for spares of pools too that there should not be.</param>
    public SparePorts(string cluster, PortPools wanted, NetworkSnapshot actual, bool everything)
    {
        _wanted = wanted;
        foreach (var key in wanted.Spares.Keys) _pools[key] = new(actual.Marked<Port>(Key.Mark(cluster, key)));
        if (!everything) return;
        foreach (var others in actual.All<Port>().GroupBy(port => Key.FromMark(cluster, port.Description) ?? ""))
            if (Key.IsSpare(others.Key)) _pools.TryAdd(others.Key, new(others));
    }

    /// <summary>One that can become this port by a single change; it is no spare from then on.</summary>
    /// <remarks>Of its node, else of whoever has most: to bind a port elsewhere is less than to make one, and asks for no quota.</remarks>
    /// <returns>Null: it has to be made.</returns>
    public Port? Take(Port port)
    {
        if (port.DeviceOwner != DeviceOwners.Pod) return null;
        // A port that may not be carried yet cannot be one that is bound already.
        var fitting = _pools.Values.Where(pool => pool.TryPeek(out var spare) && (port.HostId is not null || string.IsNullOrEmpty(spare.HostId))).ToList();
        var own = fitting.Find(pool => (pool.Peek().HostId ?? "") == port.HostId);
        return (own ?? fitting.MaxBy(pool => pool.Count))?.Dequeue();
    }

    /// <summary>What fills those that ran low and empties what is too much.</summary>
    public IEnumerable<Operation> Balance()
    {
        foreach (var (key, pool) in _pools)
        {
            var most = _wanted.Spares.ContainsKey(key) ? _wanted.Most : 0;
            foreach (var surplus in pool.Skip(most)) yield return new Delete(key, typeof(Port), surplus.Id);
            if (most == 0 || pool.Count >= _wanted.Least) continue;
            for (var missing = most - pool.Count; missing > 0; missing--) yield return new Create(key, _wanted.Spares[key]);
        }
    }
}
