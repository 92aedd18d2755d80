using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.Crds;
using Demilune.Kubernetes.Status;
using k8s.Models;

namespace Demilune.Kubernetes.Tests.Status;

public sealed class StatusTests : IDisposable
{
    private readonly ApiStub _stub = new() { Respond = (_, _, _) => new ApiStub.Answer(200, ["{}"]) };

    public void Dispose() => _stub.Dispose();

    [Fact]
    public async Task A_status_that_says_nothing_new_is_not_written()
    {
        var policy = new SecurityPolicy { Metadata = new V1ObjectMeta { Name = "web", Uid = "u1" }, Status = new() { Tag = 3, Pods = 2 } };
        var writer = new StatusWriter(_stub.Api, "test");
        Assert.False(await writer.WriteAsync(SecurityPolicy.Resource, policy, policy.Status, new SecurityPolicyStatus { Tag = 3, Pods = 2 }, default));
        Assert.Empty(_stub.Requests);
        Assert.True(await writer.WriteAsync(SecurityPolicy.Resource, policy, policy.Status, new SecurityPolicyStatus { Tag = 3, Pods = 4 }, default));
        var (method, path, body) = Assert.Single(_stub.Requests);
        Assert.Equal("PATCH", method);
        Assert.StartsWith("/apis/demilune.dev/v1alpha1/securitypolicies/web/status?fieldManager=test&force=true", path);
        Assert.Contains("\"uid\":\"u1\"", body);
        Assert.DoesNotContain("\"spec\"", body);
    }

    [Fact]
    public void A_condition_keeps_its_time_until_its_status_changes()
    {
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var first = Conditions.Next(null, "Loaded", false, "Waiting", "for an instance", 1, start);
        var same = Conditions.Next([first], "Loaded", false, "Refused", "by an instance", 1, start.AddMinutes(1));
        var changed = Conditions.Next([same], "Loaded", true, "Loaded", "", 1, start.AddMinutes(2));
        Assert.Equal(start.UtcDateTime, same.LastTransitionTime);
        Assert.Equal("Refused", same.Reason);
        Assert.Equal(start.AddMinutes(2).UtcDateTime, changed.LastTransitionTime);
    }

    [Fact]
    public async Task A_finalizer_is_added_once_and_only_ours_is_removed()
    {
        _stub.Respond = (_, _, body) => new ApiStub.Answer(200, [body]);
        var pod = new V1Pod { Metadata = new V1ObjectMeta { Name = "p", NamespaceProperty = "ns", ResourceVersion = "5", Finalizers = ["other"] } };
        await Finalizers.AddAsync(_stub.Api, ResourceType.Pods, pod, "ours", default);
        Assert.True(_stub.Requests.TryDequeue(out var added));
        Assert.Equal("""{"metadata":{"resourceVersion":"5","finalizers":["other","ours"]}}""", added.Body);
        pod.Metadata.Finalizers = ["other", "ours"];
        await Finalizers.AddAsync(_stub.Api, ResourceType.Pods, pod, "ours", default);
        Assert.Empty(_stub.Requests);
        await Finalizers.RemoveAsync(_stub.Api, ResourceType.Pods, pod, "ours", default);
        Assert.True(_stub.Requests.TryDequeue(out var removed));
        Assert.Equal("""{"metadata":{"resourceVersion":"5","finalizers":["other"]}}""", removed.Body);
    }
}
