using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Demilune.Controller.Events;
using Demilune.Controller.Rest;
using Demilune.Orchestrator.Alarms;
using Demilune.Orchestrator.Jobs;
using Microsoft.Extensions.Logging.Abstractions;

namespace Demilune.Controller.Tests.Events;

public sealed class EventOutputTests
{
    private const string Alert = """{"timestamp":"2026-01-02T03:04:05.678901+0100","event_type":"alert","src_ip":"10.0.0.1","src_port":5,"alert":{"action":"blocked","signature_id":7,"signature":"x"},"kubernetes":{"source":{"namespace":"shop","pod":"client"},"policy":"web"}}""";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Syslog_by_udp_is_a_message_a_datagram()
    {
        using var receiver = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        receiver.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var output = new SyslogOutput(new Uri($"udp://127.0.0.1:{((IPEndPoint)receiver.LocalEndPoint!).Port}"), TimeProvider.System, NullLogger<SyslogOutput>.Instance);
        await output.StartAsync(Stop);
        output.Take(Alert);
        var buffer = new byte[10_000];
        var length = await receiver.ReceiveAsync(buffer, Stop);
        // local0, warning: it was blocked. RFC 5424 §6.
        Assert.Equal($"<132>1 2026-01-02T02:04:05.678901Z {Environment.MachineName} demilune - alert - {Alert}", Encoding.UTF8.GetString(buffer, 0, length));
        await output.StopAsync(Stop);
    }

    [Fact]
    public async Task Syslog_by_tcp_counts_its_octets_and_connects_again_when_the_receiver_was_away()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        using var output = new SyslogOutput(new Uri($"tcp://127.0.0.1:{port}"), TimeProvider.System, NullLogger<SyslogOutput>.Instance);
        await output.StartAsync(Stop);
        output.Take(Alert);
        await Task.Delay(100, Stop);
        using var later = new TcpListener(IPAddress.Loopback, port);
        later.Start();
        using var receiver = await later.AcceptSocketAsync(Stop);
        var expected = SyslogOutput.Format(Alert, Environment.MachineName);
        expected = [.. Encoding.ASCII.GetBytes($"{expected.Length} "), .. expected];
        var got = new byte[expected.Length];
        for (var read = 0; read < got.Length;) read += await receiver.ReceiveAsync(got.AsMemory(read), Stop);
        Assert.Equal(expected, got);
        for (var i = 0; i < 500 && output.Sent == 0; i++) await Task.Delay(10, Stop);
        Assert.Equal((1, 0), (output.Sent, output.Lost));
        await output.StopAsync(Stop);
    }

    [Fact]
    public async Task A_webhook_that_refuses_gets_it_again_and_a_collector_gets_logs()
    {
        var receiver = new Receiver();
        using var client = new HttpClient(receiver);
        using var webhook = new WebhookOutput(new Uri("http://receiver/hook?token=secret"), client, TimeProvider.System, NullLogger<WebhookOutput>.Instance);
        Assert.DoesNotContain("secret", webhook.Name, StringComparison.Ordinal);
        receiver.Answers.Enqueue(HttpStatusCode.ServiceUnavailable);
        await webhook.StartAsync(Stop);
        webhook.Take(Alert);
        for (var i = 0; i < 500 && webhook.Sent == 0; i++) await Task.Delay(10, Stop);
        Assert.Equal([("http://receiver/hook?token=secret", Alert + "\n"), ("http://receiver/hook?token=secret", Alert + "\n")], receiver.Requests);
        await webhook.StopAsync(Stop);

        receiver.Requests.Clear();
        using var otlp = new OtlpOutput(new Uri("http://collector:4318"), client, TimeProvider.System, NullLogger<OtlpOutput>.Instance);
        await otlp.StartAsync(Stop);
        otlp.Take(Alert);
        for (var i = 0; i < 500 && otlp.Sent == 0; i++) await Task.Delay(10, Stop);
        await otlp.StopAsync(Stop);
        var (address, body) = Assert.Single(receiver.Requests);
        Assert.Equal("http://collector:4318/v1/logs", address);
        var record = JsonNode.Parse(body)!["resourceLogs"]![0]!["scopeLogs"]![0]!["logRecords"]![0]!;
        Assert.Equal(("1767319445678901000", "WARN", Alert), ((string?)record["timeUnixNano"], (string?)record["severityText"], (string?)record["body"]!["stringValue"]));
        Assert.Contains(record["attributes"]!.AsArray(), one => (string?)one!["key"] == "demilune.source.pod" && (string?)one["value"]!["stringValue"] == "client");
    }

    [Fact]
    public async Task A_finished_job_is_a_trace_with_a_span_for_each_task_and_always_the_same_one()
    {
        var receiver = new Receiver();
        using var client = new HttpClient(receiver);
        using var output = new JobTraceOutput(new Uri("http://collector:4318"), client, TimeProvider.System, NullLogger<JobTraceOutput>.Instance);
        var began = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        var job = new Job(7, "Firewall/default on n1", "its Firewall changed", began,
            [new JobTask("create", [], TaskState.Done, "fw-1", began, began.AddSeconds(1)), new JobTask("run", ["create"], TaskState.Failed, "no image", began.AddSeconds(1), began.AddSeconds(3)), new JobTask("load", ["run"], TaskState.Waiting, "")]);
        await output.StartAsync(Stop);
        output.Take(JsonSerializer.Serialize(job, OperationsJson.Default.Job));
        for (var i = 0; i < 500 && output.Sent == 0; i++) await Task.Delay(10, Stop);
        await output.StopAsync(Stop);
        var (address, body) = Assert.Single(receiver.Requests);
        Assert.Equal("http://collector:4318/v1/traces", address);
        var spans = JsonNode.Parse(body)!["resourceSpans"]![0]!["scopeSpans"]![0]!["spans"]!.AsArray();
        Assert.Equal(["Firewall/default on n1", "create", "run"], spans.Select(span => (string?)span!["name"]));
        Assert.Equal(2, (int?)spans[0]!["status"]!["code"]);
        Assert.All(spans.Skip(1), span => Assert.Equal((string?)spans[0]!["spanId"], (string?)span!["parentSpanId"]));
        Assert.Equal("1767323048000000000", (string?)spans[2]!["endTimeUnixNano"]);
        Assert.Equal(body, JobTraceOutput.Format([job]).ToJsonString());
    }

    [Fact]
    public async Task Alarms_that_turn_together_are_one_mail()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var mail = SmtpServer.TakeOneAsync(listener, Stop);
        var route = new MailRoute(new Uri($"smtp://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"), "demilune@example.org", "one@example.org, two@example.org", null);
        using var output = new MailOutput(route, "local", TimeSpan.FromMilliseconds(200), TimeProvider.System, NullLogger<MailOutput>.Instance);
        await output.StartAsync(Stop);
        var raised = new Alarm("a", "FirewallUnavailable", "Firewall/default", "critical", "n1: no instance yet", DateTimeOffset.UnixEpoch);
        foreach (var alarm in new[] { raised, raised with { Object = "Firewall/other", Cleared = DateTimeOffset.UnixEpoch } }) output.Take(JsonSerializer.Serialize(alarm, OperationsJson.Default.Alarm));
        var said = await mail;
        for (var i = 0; i < 500 && output.Sent < 2; i++) await Task.Delay(10, Stop);
        await output.StopAsync(Stop);
        Assert.Contains("RCPT TO:<two@example.org>", said, StringComparison.Ordinal);
        Assert.Contains("Subject: [demilune local] 1 cleared, 1 raised", said, StringComparison.Ordinal);
        Assert.Contains("raised: FirewallUnavailable, Firewall/default (critical)", said, StringComparison.Ordinal);
        Assert.Equal((2, 0), (output.Sent, output.Lost));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"timestamp":7,"alert":[],"event_type":{}}""")]
    [InlineData("""{"alert":{"action":[]},"kubernetes":7,"event_type":"a b\u0000"}""")]
    public void An_odd_record_is_sent_all_the_same(string line)
    {
        Assert.EndsWith(line, Encoding.UTF8.GetString(SyslogOutput.Format(line, "host")), StringComparison.Ordinal);
        Assert.Equal(line, (string?)OtlpOutput.Format([line], default)["resourceLogs"]![0]!["scopeLogs"]![0]!["logRecords"]![0]!["body"]!["stringValue"]);
    }

    private sealed class Receiver : HttpMessageHandler
    {
        public Queue<HttpStatusCode> Answers { get; } = new();

        public List<(string, string)> Requests { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests.Add((request.RequestUri!.ToString(), await request.Content!.ReadAsStringAsync(cancellationToken)));
            return new(Answers.TryDequeue(out var answer) ? answer : HttpStatusCode.OK);
        }
    }
}
