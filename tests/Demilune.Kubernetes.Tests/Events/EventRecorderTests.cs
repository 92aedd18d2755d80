using Demilune.Kubernetes.Crds;
using Demilune.Kubernetes.Events;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace Demilune.Kubernetes.Tests.Events;

public sealed class EventRecorderTests
{
    [Fact]
    public async Task The_same_event_again_raises_the_count_of_the_first()
    {
        using var stub = new ApiStub { Respond = (method, _, body) => new ApiStub.Answer(200, [method == "PATCH" ? """{"metadata":{}}""" : body]) };
        using var stop = new CancellationTokenSource();
        var recorder = new EventRecorder(stub.Api, "test", NullLogger.Instance);
        _ = recorder.RunAsync(stop.Token);
        var firewall = new Firewall { Metadata = new V1ObjectMeta { Name = "default", Uid = "u" } };
        for (var i = 0; i < 3; i++) recorder.Warning(Firewall.Resource, firewall, "InstanceDead", "silent for 100 ms");
        recorder.Normal(Firewall.Resource, firewall, "InstanceAlive", "again");
        await Eventually.TrueAsync(() => stub.Requests.Count == 4, "four requests");
        Assert.Equal(["POST", "PATCH", "PATCH", "POST"], stub.Requests.Select(request => request.Method));
        Assert.Contains("\"count\":3", stub.Requests.ElementAt(2).Body);
        Assert.StartsWith("/api/v1/namespaces/default/events", stub.Requests.First().Path);
        stop.Cancel();
    }
}
