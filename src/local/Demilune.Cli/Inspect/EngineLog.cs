using System.Globalization;
using System.Text.Json;

namespace Demilune.Cli.Inspect;

/// <summary>
/// What the engine says of itself, in files that Suricata's users look into: where the configuration asks for them (<c>logging.outputs</c>), as lines or as
/// records for machines; where it says nothing of a log, <c>suricata.log</c> beside the events.
/// </summary>
internal sealed class EngineLog(IReadOnlyList<EngineLogFile> files)
{
    private static readonly string[] s_levels = ["error", "warning", "notice", "info", "perf", "config", "debug"];

    /// <summary>Goes nowhere.</summary>
    public static EngineLog None { get; } = new([]);

    public static EngineLog Of(Settings settings, string? directory)
    {
        if (!settings.Has("logging.outputs")) return directory is null ? None : new([new(Path.Combine(directory, "suricata.log"), false, Level("info"))]);
        var files = new List<EngineLogFile>();
        var usual = settings.Text("logging.default-log-level") ?? "notice";
        foreach (var (name, path) in settings.Items("logging.outputs"))
            if (name == "file" && settings.Flag($"{path}.enabled") != false && settings.Text($"{path}.filename") is { } file)
                files.Add(new(Path.Combine(directory ?? Environment.CurrentDirectory, file), settings.Text($"{path}.type") == "json", Level(settings.Text($"{path}.level") ?? usual)));
        return new(files);
    }

    public void Error(string module, string message) => Write(0, "Error", module, message);

    public void Warning(string module, string message) => Write(1, "Warning", module, message);

    public void Notice(string module, string message) => Write(2, "Notice", module, message);

    public void Info(string module, string message) => Write(3, "Info", module, message);

    private void Write(int level, string word, string module, string message)
    {
        foreach (var file in files)
        {
            if (level > file.Level) continue;
            Directory.CreateDirectory(Path.GetDirectoryName(file.Path)!);
            using var output = new FileStream(file.Path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
            if (file.IsJson) WriteRecord(output, word, module, message);
            else output.Write(System.Text.Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"[{Environment.ProcessId} - Demilune] {DateTime.Now:yyyy-MM-dd HH:mm:ss} {word}: {module}: {message}")));
            output.WriteByte((byte)'\n');
        }
    }

    private static void WriteRecord(FileStream output, string word, string module, string message)
    {
        using var json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        json.WriteString("timestamp", DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'+0000'", CultureInfo.InvariantCulture));
        json.WriteString("log_level", word);
        json.WriteString("event_type", "engine");
        json.WriteStartObject("engine");
        json.WriteString("message", message);
        json.WriteString("module", module);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static int Level(string word) => Math.Max(0, Array.IndexOf(s_levels, word.ToLowerInvariant()));
}

/// <summary>A file of the log.</summary>
/// <param name="Path">Where.</param>
/// <param name="IsJson">A record a line, for machines.</param>
/// <param name="Level">The least that matters: 0 errors, 1 warnings, 2 notices, 3 information.</param>
internal sealed record EngineLogFile(string Path, bool IsJson, int Level);
