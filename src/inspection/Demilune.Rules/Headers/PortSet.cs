namespace Demilune.Rules.Headers;

/// <summary>A set of ports as sorted, disjoint, inclusive ranges.</summary>
public sealed class PortSet
{
    private readonly (ushort First, ushort Last)[] _ranges;

    private PortSet((ushort, ushort)[] ranges) => _ranges = ranges;

    public static PortSet Any { get; } = new([(0, ushort.MaxValue)]);

    public bool IsAny => _ranges is [(0, ushort.MaxValue)];
    public bool IsEmpty => _ranges.Length == 0;
    public IReadOnlyList<(ushort First, ushort Last)> Ranges => _ranges;

    /// <summary>Everything in <paramref name="included"/> (empty: any port) that is not in <paramref name="excluded"/>.</summary>
    public static PortSet Of(IReadOnlyCollection<(ushort First, ushort Last)> included, IReadOnlyCollection<(ushort First, ushort Last)> excluded)
    {
        var ports = new bool[ushort.MaxValue + 1];
        if (included.Count == 0) Array.Fill(ports, true);
        foreach (var (first, last) in included) Array.Fill(ports, true, first, last - first + 1);
        foreach (var (first, last) in excluded) Array.Fill(ports, false, first, last - first + 1);
        var ranges = new List<(ushort, ushort)>();
        for (var port = 0; port <= ushort.MaxValue; port++)
        {
            if (!ports[port]) continue;
            var first = port;
            while (port < ushort.MaxValue && ports[port + 1]) port++;
            ranges.Add(((ushort)first, (ushort)port));
        }
        return ranges is [(0, ushort.MaxValue)] ? Any : new([.. ranges]);
    }

    public bool Contains(ushort port)
    {
        foreach (var (first, last) in _ranges)
            if (port <= last) return port >= first;
        return false;
    }
}
