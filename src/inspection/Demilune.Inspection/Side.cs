using Demilune.Rules.Headers;

namespace Demilune.Inspection;

/// <summary>An end of a flow.</summary>
public enum Side : byte
{
    /// <summary>Who sent the first packet.</summary>
    Client,
    Server,
}

internal static class Sides
{
    public static Side Other(this Side side) => side ^ Side.Server;

    /// <summary>Which way this side's bytes travel.</summary>
    public static FlowDirections Direction(this Side side) => side == Side.Client ? FlowDirections.ToServer : FlowDirections.ToClient;
}
