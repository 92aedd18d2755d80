using System.Text.Json;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;

namespace Demilune.Rules.Analysis;

/// <summary>Writes what Suricata's <c>--engine-analysis</c> writes into <c>rules.json</c>: an object for each rule.</summary>
public static class RuleAnalysisWriter
{
    public static void Write(Utf8JsonWriter json, Signature signature)
    {
        if (signature.Analysis is not { } analysis) throw new InvalidOperationException("the rules were compiled without Describes");
        json.WriteStartObject();
        json.WriteString("raw", signature.Text);
        json.WriteNumber("id", signature.Sid);
        json.WriteNumber("gid", signature.Gid);
        json.WriteNumber("rev", signature.Rev);
        if (signature.Message.Length > 0) json.WriteString("msg", signature.Message);
        json.WriteString("app_proto", analysis.App);
        WriteTexts(json, "requirements", analysis.Requirements);
        json.WriteString("type", analysis.Type);
        WriteTexts(json, "flags", analysis.Flags);
        WriteEngines(json, "pkt_engines", analysis.PacketEngines, inTransactions: false);
        WriteEngines(json, "frame_engines", analysis.FrameEngines, inTransactions: false);
        if (analysis.Engines.Count > 0) WriteEngines(json, "engines", analysis.Engines, inTransactions: true);
        json.WriteStartObject("lists");
        foreach (var list in analysis.Lists)
        {
            json.WriteStartObject(list.Name);
            WriteMatches(json, list.Matches);
            json.WriteEndObject();
        }
        json.WriteEndObject();
        if (analysis.FastPattern is { } fast)
        {
            json.WriteStartObject("mpm");
            json.WriteString("buffer", fast.Buffer);
            WriteFields(json, fast.Content.Fields);
            json.WriteEndObject();
        }
        if (analysis.Prefilter is { } prefilter)
        {
            json.WriteStartObject("prefilter");
            json.WriteString("buffer", "packet");
            json.WriteString("name", prefilter);
            json.WriteEndObject();
        }
        if (analysis.Notes.Count > 0) WriteTexts(json, "notes", analysis.Notes);
        json.WriteEndObject();
    }

    private static void WriteEngines(Utf8JsonWriter json, string name, IReadOnlyList<AnalysedEngine> engines, bool inTransactions)
    {
        json.WriteStartArray(name);
        foreach (var engine in engines)
        {
            json.WriteStartObject();
            json.WriteString("name", engine.Name);
            if (inTransactions) json.WriteString("direction", engine.Direction == FlowDirections.ToClient ? "toclient" : "toserver");
            json.WriteBoolean("is_mpm", engine.IsFastPattern);
            if (inTransactions)
            {
                json.WriteString("app_proto", engine.App.Length > 0 ? engine.App : "unknown");
                json.WriteNumber("progress", EngineProgress.Of(engine.Name, engine.App, engine.Direction));
            }
            if (engine.Transforms.Count > 0)
            {
                json.WriteStartArray("transforms");
                foreach (var transform in engine.Transforms)
                {
                    json.WriteStartObject();
                    json.WriteString("name", transform);
                    json.WriteEndObject();
                }
                json.WriteEndArray();
            }
            if (engine.Matches.Count > 0) WriteMatches(json, engine.Matches);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteMatches(Utf8JsonWriter json, IReadOnlyList<AnalysedMatch> matches)
    {
        json.WriteStartArray("matches");
        foreach (var match in matches)
        {
            json.WriteStartObject();
            json.WriteString("name", match.Name);
            if (match.Fields.Count > 0)
            {
                json.WriteStartObject(match.Name);
                WriteFields(json, match.Fields);
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteFields(Utf8JsonWriter json, IEnumerable<KeyValuePair<string, object>> fields)
    {
        foreach (var (name, value) in fields)
        {
            switch (value)
            {
                case bool truth: json.WriteBoolean(name, truth); break;
                case long number: json.WriteNumber(name, number); break;
                case int number: json.WriteNumber(name, number); break;
                case IReadOnlyList<string> words: WriteTexts(json, name, words); break;
                default: json.WriteString(name, value.ToString()); break;
            }
        }
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts) json.WriteStringValue(text);
        json.WriteEndArray();
    }
}
