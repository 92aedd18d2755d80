using System.Text.Json;
using System.Text.Json.Nodes;
using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.Election;
using Microsoft.Extensions.Logging.Abstractions;

namespace Demilune.Kubernetes.Tests.Election;

public sealed class LeaderElectionTests : IDisposable
{
    private static readonly ElectionTiming Quick =
        new(TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(600), TimeSpan.FromMilliseconds(50));

    private readonly ApiStub _stub = new();
    private readonly Lock _gate = new();
    private JsonNode? _lease;
    private int _version;
    private bool _down;

    public LeaderElectionTests() => _stub.Respond = Respond;

    public void Dispose() => _stub.Dispose();

    [Fact]
    public async Task Of_two_candidates_only_one_leads_and_the_other_follows_when_it_stops()
    {
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        var (leaders, most, log) = (0, 0, new List<string>());
        async Task Lead(string name, CancellationToken cancel)
        {
            lock (log)
            {
                log.Add(name);
                most = Math.Max(most, ++leaders);
            }
            try
            {
                await Task.Delay(Timeout.Infinite, cancel);
            }
            finally
            {
                lock (log) leaders--;
            }
        }
        var a = Election("a").RunAsync(cancel => Lead("a", cancel), first.Token);
        await Eventually.TrueAsync(() => { lock (log) return log.Count == 1; }, "a leads");
        var b = Election("b").RunAsync(cancel => Lead("b", cancel), second.Token);
        await Task.Delay(1_500);
        lock (log) Assert.Equal(["a"], log);
        first.Cancel();
        await a;
        await Eventually.TrueAsync(() => { lock (log) return log.Count == 2; }, "b leads");
        second.Cancel();
        await b;
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task A_leader_that_cannot_renew_stops_before_another_may_begin()
    {
        using var stop = new CancellationTokenSource();
        var stopped = new TaskCompletionSource();
        var started = new TaskCompletionSource();
        _ = Election("a").RunAsync(
            async cancel =>
            {
                started.TrySetResult();
                try
                {
                    await Task.Delay(Timeout.Infinite, cancel);
                }
                finally
                {
                    stopped.TrySetResult();
                }
            }, stop.Token);
        await started.Task.WaitAsync(TimeSpan.FromSeconds(5));
        var at = DateTime.UtcNow;
        _down = true;
        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(5));
        Assert.True(DateTime.UtcNow - at < Quick.LeaseDuration, "stopped within the lease's duration");
        stop.Cancel();
    }

    private LeaderElection Election(string name) =>
        new(_stub.Api, new ObjectKey("demilune-system", "controller"), name, NullLogger.Instance, Quick);

    private ApiStub.Answer Respond(string method, string path, string body)
    {
        lock (_gate)
        {
            if (_down) return ApiStub.Answer.Status(500, "Down");
            if (method == "GET") return _lease is null ? ApiStub.Answer.Status(404, "NotFound") : ApiStub.Answer.Ok(_lease);
            var sent = JsonNode.Parse(body)!;
            if (method == "POST" && _lease is not null) return ApiStub.Answer.Status(409, "AlreadyExists");
            if (method == "PUT" && (string?)sent["metadata"]!["resourceVersion"] != _version.ToString())
                return ApiStub.Answer.Status(409, "Conflict");
            sent["metadata"]!["resourceVersion"] = (++_version).ToString();
            // A real server says who wrote what; it has to be written back, or at least not be stumbled over.
            sent["metadata"]!["managedFields"] = JsonNode.Parse("""[{"manager":"m","operation":"Update","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{}}}]""");
            _lease = sent;
            return ApiStub.Answer.Ok(JsonNode.Parse(sent.ToJsonString())!);
        }
    }
}
