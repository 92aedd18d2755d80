using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Demilune.Controller.Rest;
using Demilune.Orchestrator;

namespace Demilune.Controller.Events;

/// <summary>
/// Keeps what is over: each finished job a line of jobs.json and a trace, each turn of an alarm an event among the alerts, and so in every output for them,
/// and a line of a mail.
/// </summary>
internal sealed class OperationsRecord(
    Operations operations, EventIntake events, [FromKeyedServices("jobs")] EveFile jobs, IEnumerable<JobTraceOutput> traces, IEnumerable<MailOutput> mails, TimeProvider time)
    : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        operations.JobOver += job =>
        {
            var line = JsonSerializer.Serialize(job, OperationsJson.Default.Job);
            jobs.Append(line);
            foreach (var output in traces) output.Take(line);
        };
        // Not out of the events: a firewall that was taken over may write what it likes there.
        operations.AlarmTurned += alarm =>
        {
            var line = JsonSerializer.Serialize(alarm, OperationsJson.Default.Alarm);
            foreach (var output in mails) output.Take(line);
        };
        operations.AlarmTurned += alarm => events.TakeEve([new JsonObject
        {
            ["timestamp"] = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'+0000'", CultureInfo.InvariantCulture),
            ["event_type"] = "alarm",
            ["alarm"] = JsonSerializer.SerializeToNode(alarm, OperationsJson.Default.Alarm),
        }.ToJsonString()]);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
