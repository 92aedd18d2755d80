using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Demilune.Controller.Rest;
using Demilune.Orchestrator;

namespace Demilune.Controller.Events;

/// <summary>Keeps what is over: each finished job a line of jobs.json, each turn of an alarm an event among the alerts, and so in every output for them.</summary>
internal sealed class OperationsRecord(Operations operations, EventIntake events, [FromKeyedServices("jobs")] EveFile jobs, TimeProvider time) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        operations.JobOver += job => jobs.Append(JsonSerializer.Serialize(job, OperationsJson.Default.Job));
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
