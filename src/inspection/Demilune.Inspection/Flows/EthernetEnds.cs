namespace Demilune.Inspection.Flows;

/// <summary>The Ethernet addresses that a flow's frames came from and went to, as they were first seen.</summary>
public sealed class EthernetEnds
{
    /// <summary>Of either kind. A flow between two routers has one of each; Suricata keeps ten.</summary>
    private const int MaxAddresses = 10;

    private readonly List<ulong> _sources = [];
    private readonly List<ulong> _destinations = [];

    /// <summary>Of the client's side, 48 bits each.</summary>
    public IReadOnlyList<ulong> Sources => _sources;

    /// <summary>Of the server's side.</summary>
    public IReadOnlyList<ulong> Destinations => _destinations;

    internal void Add(ulong client, ulong server)
    {
        Add(_sources, client);
        Add(_destinations, server);
    }

    internal void Clear()
    {
        _sources.Clear();
        _destinations.Clear();
    }

    private static void Add(List<ulong> addresses, ulong address)
    {
        if (addresses.Count < MaxAddresses && !addresses.Contains(address)) addresses.Add(address);
    }
}
