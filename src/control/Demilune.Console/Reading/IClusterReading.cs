namespace Demilune.Console.Reading;

/// <summary>All that the console shows; the REST API gives the same records. What is in them was observed or read, never assumed.</summary>
public interface IClusterReading
{
    /// <summary>The cluster as it is: at most a second old.</summary>
    ClusterView Cluster { get; }

    /// <summary>Who spoke to whom, and what was blocked when.</summary>
    TrafficView Traffic { get; }

    /// <summary>Newest first.</summary>
    Page<AlertView> Alerts(AlertFilter filter, int skip, int take);

    /// <returns>Null: there is none, or it is too old to be kept.</returns>
    AlertRecord? Alert(long number);

    /// <summary>Newest first.</summary>
    Page<FlowView> Flows(FlowFilter filter, int skip, int take);

    /// <summary>Those under way, then those that are over, newest first.</summary>
    IReadOnlyList<JobView> Jobs { get; }

    /// <summary>Those that are active, then those that were, newest first.</summary>
    IReadOnlyList<AlarmView> Alarms { get; }
}

/// <summary>What an administrator may do from the console.</summary>
public interface IClusterActions
{
    /// <summary>Somebody has seen it and looks after it.</summary>
    /// <returns>False: no such alarm is active.</returns>
    bool Acknowledge(string alarm, string by);
}

/// <summary>A part of a list.</summary>
/// <param name="Total">How many there are in all.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, int Total);
