using Demilune.Neutron;

namespace Demilune.Sdn.Store;

/// <summary>Where the network outlives the process, and where controllers that share it meet. One owner in each process: its <see cref="VirtualNetwork"/>.</summary>
internal interface INetworkStore : IDisposable
{
    /// <summary>There may be something to take. Raised by any thread.</summary>
    event Action? News;

    /// <summary>Everything that was written and not deleted.</summary>
    /// <exception cref="IOException">The store cannot be read; the message names it.</exception>
    IEnumerable<Resource> Load();

    /// <summary>All or nothing; returns when it is kept.</summary>
    /// <returns>False: another controller wrote first, and nothing of this was written. What it wrote is to be taken before trying again.</returns>
    /// <exception cref="IOException">It was not kept, or nobody can say; then the news tells.</exception>
    bool TryWrite(IReadOnlyList<Change> changes);

    /// <summary>What others have written since the network was loaded or this was asked last.</summary>
    /// <param name="patience">How long to wait for it, where it is known that there is some. Zero: not.</param>
    StoreNews TakeNews(TimeSpan patience);
}

/// <param name="Changes">In the order in which they were written.</param>
/// <param name="IsWhole">They are all that there is: what is not among them is no more.</param>
internal sealed record StoreNews(IReadOnlyList<Change> Changes, bool IsWhole)
{
    public static StoreNews None { get; } = new([], false);

    public bool IsNone => Changes.Count == 0 && !IsWhole;
}
