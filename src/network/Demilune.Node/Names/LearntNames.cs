using System.Net;
using Demilune.Node.Splice.Compile;

namespace Demilune.Node.Names;

/// <summary>What each pod was told by name servers. Not thread-safe: the splice is its single owner.</summary>
/// <param name="journal">Keeps it for the next agent; null: nobody does.</param>
/// <param name="leastHold">Null: <see cref="LeastHold"/>.</param>
internal sealed class LearntNames(NameJournal? journal = null, TimeSpan? leastHold = null)
{
    /// <summary>
    /// An address is remembered at least so long: resolvers, run-time libraries and proxies hold on to an answer a little longer than it says,
    /// and an answer of TTL 0 has to be good for the connection that it was asked for.
    /// </summary>
    public static readonly TimeSpan LeastHold = TimeSpan.FromSeconds(30);

    /// <summary>And at most so long: a name server must not open an address for good.</summary>
    public static readonly TimeSpan MostHold = TimeSpan.FromDays(1);

    /// <summary>Addresses of one pod: a wildcard over a content network has some hundreds at a time, and the node's table has 65,536.</summary>
    public const int MaxAddressesPerPod = 1024;

    /// <summary>Names that share an address, of one pod.</summary>
    public const int MaxNamesPerAddress = 16;

    private readonly Dictionary<string, Dictionary<Prefix, Dictionary<string, ulong>>> _ports = Load(journal);

    /// <summary>Everything that is known.</summary>
    public IEnumerable<LearntName> All =>
        from port in _ports
        from address in port.Value
        from name in address.Value
        select new LearntName(port.Key, name.Key, address.Key, name.Value);

    /// <summary>Ports of which anything is known.</summary>
    public IEnumerable<string> Ports => _ports.Keys;

    /// <summary>What one pod knows of an address; empty: nothing.</summary>
    public IEnumerable<LearntName> Of(string portId, Prefix address) =>
        _ports.TryGetValue(portId, out var addresses) && addresses.TryGetValue(address, out var names)
            ? names.Select(name => new LearntName(portId, name.Key, address, name.Value)) : [];

    /// <summary>Addresses that one pod knows, with when the last of their names expires.</summary>
    public IEnumerable<(Prefix Address, ulong Expires)> Of(string portId) =>
        _ports.TryGetValue(portId, out var addresses) ? addresses.Select(address => (address.Key, address.Value.Values.Max())) : [];

    /// <summary>Takes an answer in.</summary>
    /// <returns>The addresses that are known now; fewer than the answer's when the pod knows too many others that have not expired.</returns>
    public IReadOnlyList<Prefix> Add(string portId, NameAnswer answer, ulong now)
    {
        if (!_ports.TryGetValue(portId, out var known)) _ports[portId] = known = [];
        List<Prefix> added = [];
        foreach (var (address, ttl) in answer.Addresses)
        {
            var prefix = new Prefix(Prefix.ToBits(address), 128);
            if (!known.TryGetValue(prefix, out var names))
            {
                if (known.Count >= MaxAddressesPerPod && !TryMakeRoom(known, now)) continue;
                known[prefix] = names = [];
            }
            if (!names.ContainsKey(answer.Name) && names.Count >= MaxNamesPerAddress) names.Remove(names.MinBy(name => name.Value).Key);
            var hold = TimeSpan.FromSeconds(Math.Clamp(ttl, (leastHold ?? LeastHold).TotalSeconds, MostHold.TotalSeconds));
            var expires = Math.Max(names.GetValueOrDefault(answer.Name), now + (ulong)hold.Ticks * 100);
            names[answer.Name] = expires;
            journal?.Write(new(portId, answer.Name, prefix, expires));
            added.Add(prefix);
        }
        journal?.Flush(this);
        return added;
    }

    public void Remove(string portId, Prefix address)
    {
        if (_ports.TryGetValue(portId, out var addresses) && addresses.Remove(address) && addresses.Count == 0) _ports.Remove(portId);
    }

    /// <summary>Forgets a port that is gone.</summary>
    public void Remove(string portId) => _ports.Remove(portId);

    // Whoever has expired goes, the oldest first; a connection that still lives by it goes on until the pod's policy changes.
    private static bool TryMakeRoom(Dictionary<Prefix, Dictionary<string, ulong>> known, ulong now)
    {
        var (oldest, expires) = known.Select(address => (address.Key, address.Value.Values.Max())).MinBy(address => address.Item2);
        return expires < now && known.Remove(oldest);
    }

    private static Dictionary<string, Dictionary<Prefix, Dictionary<string, ulong>>> Load(NameJournal? journal)
    {
        Dictionary<string, Dictionary<Prefix, Dictionary<string, ulong>>> ports = [];
        foreach (var (portId, name, address, expires) in journal?.Read() ?? [])
        {
            if (!ports.TryGetValue(portId, out var addresses)) ports[portId] = addresses = [];
            if (!addresses.TryGetValue(address, out var names)) addresses[address] = names = [];
            names[name] = expires;
        }
        return ports;
    }
}
