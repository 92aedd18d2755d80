namespace Demilune.Local.Node;

/// <summary>Ids 6100-6199: the node of the local cluster.</summary>
internal static partial class NodeLog
{
    [LoggerMessage(6100, LogLevel.Information, "Node {Node} ready: {Runtime}, pods below {State}, {Adopted} pods found running")]
    public static partial void Ready(ILogger log, string node, string runtime, string state, int adopted);

    [LoggerMessage(6101, LogLevel.Warning, "Pod {Pod}: {Message}; trying again")]
    public static partial void PodFailed(ILogger log, string pod, string message);

    [LoggerMessage(6102, LogLevel.Warning, "Node {Node} not registered: {Message}; trying again")]
    public static partial void NotRegistered(ILogger log, string node, string message);

    [LoggerMessage(6103, LogLevel.Error, "The node of this cluster cannot work: {Message}")]
    public static partial void Unable(ILogger log, string message);
}
