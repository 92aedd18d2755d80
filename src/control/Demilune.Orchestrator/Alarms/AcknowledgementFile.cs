using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;

namespace Demilune.Orchestrator.Alarms;

/// <summary>Which alarms somebody has seen, so that nobody is called again for them because the controller was restarted.</summary>
/// <param name="path">Null: nothing is kept.</param>
internal sealed partial class AcknowledgementFile(string? path, ILogger log)
{
    /// <returns>Acknowledged alarms, by id. What cannot be read is none: an alarm too many does less harm than one too few.</returns>
    public ImmutableDictionary<string, Alarm> Load()
    {
        if (path is null || !File.Exists(path)) return ImmutableDictionary<string, Alarm>.Empty;
        try
        {
            var alarms = JsonSerializer.Deserialize(File.ReadAllBytes(path), AcknowledgementJson.Default.IReadOnlyListAlarm) ?? [];
            return alarms.Where(alarm => alarm is { Id: not null, AcknowledgedBy: not null }).DistinctBy(alarm => alarm.Id).ToImmutableDictionary(alarm => alarm.Id);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            NotRead(log, path, error.Message);
            return ImmutableDictionary<string, Alarm>.Empty;
        }
    }

    public void Save(IReadOnlyList<Alarm> acknowledged)
    {
        if (path is null) return;
        try
        {
            // Beside, then in its place: a crash leaves the one or the other.
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path + ".new", JsonSerializer.SerializeToUtf8Bytes(acknowledged, AcknowledgementJson.Default.IReadOnlyListAlarm));
            File.Move(path + ".new", path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            NotKept(log, path, error.Message);
        }
    }

    [LoggerMessage(3308, LogLevel.Warning, "Acknowledgements of alarms in {Path} cannot be read, so alarms are raised again: {Reason}")]
    private static partial void NotRead(ILogger log, string path, string reason);

    [LoggerMessage(3309, LogLevel.Error, "Acknowledgements of alarms cannot be kept in {Path} and will not outlast a restart: {Reason}")]
    private static partial void NotKept(ILogger log, string path, string reason);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IReadOnlyList<Alarm>))]
internal sealed partial class AcknowledgementJson : JsonSerializerContext;
