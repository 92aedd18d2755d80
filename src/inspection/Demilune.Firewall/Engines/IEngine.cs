using Demilune.Contracts.FirewallLink;

namespace Demilune.Firewall.Engines;

/// <summary>
/// What judges the frames between "in" and "out": ours, or another vendor's with a driver. Around it the process is the same: it speaks with
/// the node agent, answers probes, writes events.
/// </summary>
/// <remarks>
/// What no method says: a started engine proves on the data path that it is alive, by heartbeats through each interface
/// (<see cref="Contracts.Frames.SpliceFrame"/>), from the moment it has policies to judge by. It drops frames of a tag that it has no policy for.
/// </remarks>
internal interface IEngine : IAsyncDisposable
{
    /// <summary>Begins to take frames. Called once.</summary>
    /// <returns>Who it is.</returns>
    Task<EngineHello> StartAsync(CancellationToken stop);

    /// <summary>Ends when the engine does; with an exception unless it was told to stop.</summary>
    Task Ended { get; }

    /// <returns>Null: it does its work; else what is missing.</returns>
    string? Ailment();

    /// <summary>Judges by this set from now on. One call at a time; the former set is in force meanwhile.</summary>
    /// <returns>What became of each policy. One that was refused keeps its former rules.</returns>
    Task<PolicySetLoaded> LoadAsync(PolicySet set, CancellationToken stop);

    /// <summary>Names the pods behind addresses in events from now on.</summary>
    void Identify(IdentityTable pods);

    /// <summary>Who is where, and which flows are to be judged by what, of an engine that routes; one that does not is never told.</summary>
    void Route(EngineRouting routing);

    /// <summary>Counters since the start.</summary>
    EngineStats ReadStats();
}
