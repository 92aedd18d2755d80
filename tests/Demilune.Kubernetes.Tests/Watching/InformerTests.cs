using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.Watching;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace Demilune.Kubernetes.Tests.Watching;

public sealed class InformerTests : IDisposable
{
    private readonly ApiStub _stub = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<string> _changes = [];
    private readonly Informer<V1Pod> _informer;

    public InformerTests()
    {
        _informer = new Informer<V1Pod>(
            _stub.Api, ResourceType.Pods, ResourceScope.Everything, NullLogger.Instance,
            new Dictionary<string, Func<V1Pod, IEnumerable<string>>> { ["app"] = pod => [pod.Metadata.Labels["app"]] });
        _informer.Changed += change =>
        {
            lock (_changes) _changes.Add($"{change.Old?.Metadata.ResourceVersion}>{change.New?.Metadata.ResourceVersion} {(change.New ?? change.Old)!.Metadata.Name}");
        };
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stub.Dispose();
        _stop.Dispose();
    }

    [Fact]
    public async Task A_list_and_then_a_watch_fill_the_store()
    {
        _stub.Respond = (_, path, _) => Watching(path)
            ? ApiStub.Answer.Watch(true,
                ApiStub.Event("ADDED", ApiStub.Pod("b", "11")),
                ApiStub.Event("MODIFIED", ApiStub.Pod("a", "12")),
                ApiStub.Event("DELETED", ApiStub.Pod("b", "13")))
            : ApiStub.Answer.List("10", ApiStub.Pod("a", "9"));
        Run();
        await Expect([">9 a", ">11 b", "9>12 a", "13> b"]);
        Assert.Equal(["ns/a"], _informer.Store.Current.Objects.Keys.Select(key => key.ToString()));
        Assert.Empty(_informer.Store.Current.Lookup("app", "b"));
        Assert.Single(_informer.Store.Current.Lookup("app", "a"));
    }

    [Fact]
    public async Task A_list_of_several_pages_is_one_list()
    {
        _stub.Respond = (_, path, _) => Watching(path) ? ApiStub.Answer.Watch(true)
            : path.Contains("continue=next%2F1") ? ApiStub.Answer.List("10", ApiStub.Pod("b", "8"))
            : new ApiStub.Answer(200, [$$"""{"metadata":{"resourceVersion":"10","continue":"next/1"},"items":[{{ApiStub.Pod("a", "9")}}]}"""]);
        Run();
        await _informer.Synced.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(2, _informer.Store.Current.Objects.Count);
    }

    [Fact]
    public async Task A_watch_goes_on_where_the_last_bookmark_was()
    {
        _stub.Respond = (_, path, _) => !Watching(path) ? ApiStub.Answer.List("10")
            : path.Contains("resourceVersion=10&")
                ? ApiStub.Answer.Watch(false, ApiStub.Event("BOOKMARK", """{"metadata":{"resourceVersion":"77"}}"""))
                : ApiStub.Answer.Watch(true);
        Run();
        await Eventually.TrueAsync(() => _stub.Requests.Any(request => request.Path.Contains("resourceVersion=77")), "a watch from 77");
        Assert.Single(_stub.Requests, request => !Watching(request.Path));
    }

    [Fact]
    public async Task An_expired_version_is_healed_by_a_list_and_the_differences_are_told()
    {
        var lists = 0;
        _stub.Respond = (_, path, _) => !Watching(path)
            ? Interlocked.Increment(ref lists) == 1
                ? ApiStub.Answer.List("10", ApiStub.Pod("a", "1"), ApiStub.Pod("b", "2"), ApiStub.Pod("c", "3", "old"))
                : ApiStub.Answer.List("50", ApiStub.Pod("b", "2"), ApiStub.Pod("c", "41", "new"), ApiStub.Pod("d", "42"))
            : path.Contains("resourceVersion=10&")
                ? ApiStub.Answer.Watch(true, """{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}""")
                : ApiStub.Answer.Watch(true);
        Run();
        await Eventually.TrueAsync(() => { lock (_changes) return _changes.Count >= 7; }, "seven changes");
        lock (_changes)
        {
            Assert.Contains("1> a", _changes);                  // gone meanwhile
            Assert.Contains(">42 d", _changes);                 // new meanwhile
            Assert.Contains("3> c", _changes);                  // another object of the same name
            Assert.Contains(">41 c", _changes);
            Assert.Equal(7, _changes.Count);                    // and nothing of b, which is as it was
        }
    }

    [Theory]
    [InlineData(500)]
    [InlineData(403)]
    [InlineData(404)]
    public async Task A_server_that_refuses_is_asked_again(int code)
    {
        var requests = 0;
        _stub.Respond = (_, path, _) => Watching(path) ? ApiStub.Answer.Watch(true)
            : Interlocked.Increment(ref requests) <= 2 ? ApiStub.Answer.Status(code, "Broken")
            : ApiStub.Answer.List("10", ApiStub.Pod("a", "9"));
        Run();
        await _informer.Synced.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Null(_informer.LastFailure);
    }

    [Fact]
    public async Task A_watch_that_keeps_failing_is_replaced_by_a_list()
    {
        var lists = 0;
        _stub.Respond = (_, path, _) =>
        {
            if (Watching(path)) return lists == 1 ? new ApiStub.Answer(200, ["this is not JSON"]) : ApiStub.Answer.Watch(true);
            return Interlocked.Increment(ref lists) == 1 ? ApiStub.Answer.List("10") : ApiStub.Answer.List("20", ApiStub.Pod("a", "9"));
        };
        Run();
        await Expect([">9 a"]);
    }

    [Fact]
    public async Task A_handler_that_throws_stops_nothing()
    {
        _informer.Changed += _ => throw new InvalidOperationException("a bug");
        _stub.Respond = (_, path, _) => Watching(path)
            ? ApiStub.Answer.Watch(true, ApiStub.Event("ADDED", ApiStub.Pod("b", "11")))
            : ApiStub.Answer.List("10", ApiStub.Pod("a", "9"));
        Run();
        await Expect([">9 a", ">11 b"]);
    }

    private static bool Watching(string path) => path.Contains("watch=true");

    private void Run() => _ = _informer.RunAsync(_stop.Token);

    private async Task Expect(string[] changes)
    {
        await Eventually.TrueAsync(() => { lock (_changes) return _changes.Count >= changes.Length; }, string.Join(", ", changes));
        lock (_changes) Assert.Equal(changes, _changes);
    }
}
