using Microsoft.Extensions.Logging;

namespace Demilune.Kubernetes.Watching;

/// <summary>Ids 3000-3099: watching.</summary>
internal static partial class WatchLog
{
    [LoggerMessage(3001, LogLevel.Warning, "Listing {Resource} failed {Failures} times in a row: {Message}")]
    public static partial void ListFailed(ILogger log, string resource, int failures, string message);

    [LoggerMessage(3002, LogLevel.Warning, "Watching {Resource} from {Version} failed {Failures} times in a row: {Message}")]
    public static partial void WatchFailed(ILogger log, string resource, string version, int failures, string message);

    [LoggerMessage(3003, LogLevel.Information, "Version {Version} of {Resource} is older than the server remembers; listing anew")]
    public static partial void Expired(ILogger log, string resource, string version);

    [LoggerMessage(3004, LogLevel.Error, "A handler of {Resource} failed on {Object}: {Message}")]
    public static partial void HandlerFailed(ILogger log, string resource, string @object, string message);

    [LoggerMessage(3005, LogLevel.Information, "{Resource} synced: {Count} objects")]
    public static partial void Synced(ILogger log, string resource, int count);

    [LoggerMessage(3006, LogLevel.Warning, "The server's version {There} of {Resource} is older than {Version}, which it had told: it was restored; listing anew")]
    public static partial void Restored(ILogger log, string resource, string there, string version);
}
