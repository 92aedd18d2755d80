namespace Demilune.Console.Reading;

/// <summary>What went on lately.</summary>
/// <param name="Links">Who spoke to whom, the busiest first; a stated number of them is kept.</param>
/// <param name="History">A point for each minute of the last hours, oldest first.</param>
/// <param name="Alerts">Alerts since the controller began.</param>
/// <param name="Blocked">Of them those that were blocked.</param>
/// <param name="LinksForgotten">Links that made room for newer ones.</param>
public sealed record TrafficView(
    IReadOnlyList<LinkView> Links, IReadOnlyList<MinuteView> History, long Alerts, long Blocked, long LinksForgotten)
{
    public static readonly TrafficView Empty = new([], [], 0, 0, 0);
}

/// <summary>All flows from one end to another at one port.</summary>
/// <param name="Source">"namespace/pod", or an address outside of the cluster.</param>
/// <param name="Protocol">TCP, UDP, SCTP or a number.</param>
public sealed record LinkView(
    string Source, string Destination, string Protocol, int Port, long Direct, long Spliced, long Denied, long Uninspected, DateTimeOffset LastSeen)
{
    public long Flows => Direct + Spliced + Denied + Uninspected;
}

public sealed record MinuteView(DateTimeOffset Minute, long Blocked, long Allowed);
