using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Demilune.Policy.Model;

namespace Demilune.Cli.Policies;

/// <summary>What <c>demilune flows --json</c> has written, as questions.</summary>
internal static class RecordedFlows
{
    /// <summary>Each once. Flows of other protocols than policies know are left out.</summary>
    /// <exception cref="InvalidDataException">A line is no flow; the message says which.</exception>
    public static IReadOnlyList<Question> Read(string path)
    {
        if (!File.Exists(path)) throw new InvalidDataException($"{path}: there is no such file");
        var flows = File.ReadLines(path).Select((line, index) => Of(line, string.Create(CultureInfo.InvariantCulture, $"{path}:{index + 1}"))).OfType<Question>().Distinct().ToList();
        return flows.Count > 0 ? flows : throw new InvalidDataException($"{path}: no flow of TCP, UDP or SCTP is in it");
    }

    private static Question? Of(string line, string where)
    {
        if (string.IsNullOrWhiteSpace(line)) return null;
        JsonObject? flow;
        try
        {
            flow = JsonNode.Parse(line) as JsonObject;
        }
        catch (JsonException failure)
        {
            throw new InvalidDataException($"{where}: this is no flow as demilune flows --json writes them: {failure.Message}", failure);
        }
        if (flow is null || Who("source") is not { Length: > 0 } from || Who("destination") is not { Length: > 0 } to)
            throw new InvalidDataException($"{where}: this is no flow as demilune flows --json writes them: it needs source and destination");
        var known = byte.TryParse(flow["protocol"]?.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && Enum.IsDefined((Protocol)number);
        if (!known || !ushort.TryParse(flow["destinationPort"]?.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var port)) return null;
        return new Question(from, to, (Protocol)number, port);

        string? Who(string side) => flow[side + "Pod"]?.ToString() is { Length: > 0 } pod ? pod : flow[side]?.ToString();
    }
}
