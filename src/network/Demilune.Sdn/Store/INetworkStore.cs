namespace Demilune.Sdn.Store;

/// <summary>Where the network outlives the process.</summary>
internal interface INetworkStore : IDisposable
{
    /// <summary>Everything that was written and not deleted.</summary>
    /// <exception cref="IOException">The store cannot be read; the message names it.</exception>
    IEnumerable<Demilune.Neutron.Resource> Load();

    /// <summary>All or nothing; returns when it is kept.</summary>
    void Write(IReadOnlyList<Change> changes);
}
