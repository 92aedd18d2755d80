using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Demilune.Kubernetes.Api;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Demilune.Kubernetes.Events;

/// <summary>Tells people what happened to an object, where kubectl describe shows it.</summary>
/// <remarks>
/// Never blocks and never fails the caller: an event is a courtesy. The same event again within ten minutes raises the count
/// of the first, as client-go does, so that a flapping firewall cannot fill the store.
/// </remarks>
public sealed class EventRecorder(KubernetesApi api, string component, ILogger log, TimeProvider? time = null)
{
    private const int MaxWaiting = 1_000;
    private const int MaxRemembered = 4_096;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Dictionary<Said, Series> _series = [];
    private readonly Channel<Said> _waiting = Channel.CreateBounded<Said>(
        new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    public void Normal<T>(ResourceType type, T obj, string reason, string message)
        where T : class, IKubernetesObject<V1ObjectMeta> => Say("Normal", type, obj, reason, message);

    public void Warning<T>(ResourceType type, T obj, string reason, string message)
        where T : class, IKubernetesObject<V1ObjectMeta> => Say("Warning", type, obj, reason, message);

    /// <summary>Sends what is waiting, until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            await foreach (var said in _waiting.Reader.ReadAllAsync(cancel)) await SendAsync(said, cancel);
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    private void Say<T>(string severity, ResourceType type, T obj, string reason, string message)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        _waiting.Writer.TryWrite(new Said(
            severity, type, ObjectKey.Of(obj), obj.Metadata.Uid ?? "", reason, message.Length > 1_024 ? message[..1_024] : message));

    private async Task SendAsync(Said said, CancellationToken cancel)
    {
        var now = _time.GetUtcNow();
        try
        {
            if (_series.TryGetValue(said, out var series) && now - series.Last < Window)
            {
                _series[said] = series = series with { Count = series.Count + 1, Last = now };
                var patch = new JsonObject { ["count"] = series.Count, ["lastTimestamp"] = Seconds(now) };
                await api.MergeAsync<Corev1Event>(ResourceType.Events, series.Event, patch.ToJsonString(), cancel);
                return;
            }
            // Events of cluster-scoped objects live in "default": where kubectl describe looks for them.
            var ns = said.Object.Namespace.Length == 0 ? "default" : said.Object.Namespace;
            var key = new ObjectKey(ns, $"{said.Object.Name}.{now.UtcTicks.ToString("x", CultureInfo.InvariantCulture)}");
            await api.CreateAsync(ResourceType.Events, Event(said, key, now.UtcDateTime), cancel);
            if (_series.Count >= MaxRemembered) _series.Clear();
            _series[said] = new Series(key, 1, now);
        }
        catch (Exception failure) when (!cancel.IsCancellationRequested)
        {
            _series.Remove(said);
            EventLog.NotRecorded(log, said.Reason, said.Object.ToString(), failure.Message);
        }
    }

    private Corev1Event Event(Said said, ObjectKey key, DateTime now) => new()
    {
        Metadata = new V1ObjectMeta { Name = key.Name, NamespaceProperty = key.Namespace },
        InvolvedObject = new V1ObjectReference
        {
            ApiVersion = said.Type.ApiVersion,
            Kind = said.Type.Kind,
            Name = said.Object.Name,
            NamespaceProperty = said.Object.Namespace.Length == 0 ? null : said.Object.Namespace,
            Uid = said.Uid,
        },
        Type = said.Severity,
        Reason = said.Reason,
        Message = said.Message,
        Source = new V1EventSource { Component = component },
        ReportingComponent = component,
        FirstTimestamp = now,
        LastTimestamp = now,
        Count = 1,
    };

    private static string Seconds(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private sealed record Said(string Severity, ResourceType Type, ObjectKey Object, string Uid, string Reason, string Message);

    private sealed record Series(ObjectKey Event, int Count, DateTimeOffset Last);
}

/// <summary>Ids 3120-3129: events.</summary>
internal static partial class EventLog
{
    [LoggerMessage(3120, LogLevel.Warning, "Event {Reason} of {Object} not recorded: {Message}")]
    public static partial void NotRecorded(ILogger log, string reason, string @object, string message);
}
