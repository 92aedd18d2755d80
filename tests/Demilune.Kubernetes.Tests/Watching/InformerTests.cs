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
        _stub.Respond = (_, path, _) => !Watching(path) ? ApiStub.Answer.List(Probing(path) ? "77" : "10")
            : path.Contains("resourceVersion=10&")
                ? ApiStub.Answer.Watch(false, ApiStub.Event("BOOKMARK", """{"metadata":{"resourceVersion":"77"}}"""))
                : ApiStub.Answer.Watch(true);
        Run();
        await Eventually.TrueAsync(() => _stub.Requests.Any(request => request.Path.Contains("resourceVersion=77")), "a watch from 77");
        Assert.Single(_stub.Requests, request => !Watching(request.Path) && !Probing(request.Path));
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
            if (Probing(path)) return ApiStub.Answer.List("10");
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

    [Fact]
    public async Task What_comes_late_undoes_nothing()
    {
        _stub.Respond = (_, path, _) => Watching(path)
            ? ApiStub.Answer.Watch(true,
                ApiStub.Event("MODIFIED", ApiStub.Pod("a", "15")),
                ApiStub.Event("MODIFIED", ApiStub.Pod("a", "12")),
                ApiStub.Event("DELETED", ApiStub.Pod("a", "16")),
                ApiStub.Event("MODIFIED", ApiStub.Pod("a", "14")),
                ApiStub.Event("ADDED", ApiStub.Pod("b", "17")))
            : ApiStub.Answer.List("10", ApiStub.Pod("a", "9"));
        Run();
        await Expect([">9 a", "9>15 a", "16> a", ">17 b"]);
    }

    [Fact]
    public async Task A_server_that_was_restored_from_a_backup_is_listed_anew()
    {
        var lists = 0;
        _stub.Respond = (_, path, _) =>
        {
            if (Probing(path)) return ApiStub.Answer.List("60");
            // Restored, its watch from a version that it has not reached yet says nothing.
            if (Watching(path)) return path.Contains("resourceVersion=100&") ? ApiStub.Answer.Watch(false, ApiStub.Event("ADDED", ApiStub.Pod("b", "101"))) : ApiStub.Answer.Watch(true);
            return Interlocked.Increment(ref lists) == 1 ? ApiStub.Answer.List("100", ApiStub.Pod("a", "90")) : ApiStub.Answer.List("60", ApiStub.Pod("a", "50"));
        };
        Run();
        await Expect([">90 a", ">101 b", "101> b", "90>50 a"]);
    }

    private static bool Probing(string path) => path.EndsWith("limit=1", StringComparison.Ordinal);

    private static bool Watching(string path) => path.Contains("watch=true");

    private void Run() => _ = _informer.RunAsync(_stop.Token);

    private async Task Expect(string[] changes)
    {
        await Eventually.TrueAsync(() => { lock (_changes) return _changes.Count >= changes.Length; }, string.Join(", ", changes));
        lock (_changes) Assert.Equal(changes, _changes);
    }
}
