using System.Globalization;
using System.Text.Json;

namespace Demilune.Cli.Inspect;

/// <summary>What went wrong, as records for machines, where the configuration asks for them (<c>logging.outputs</c>, a file of type json).</summary>
internal sealed class EngineLog(string? file)
{
    public static EngineLog Of(Settings settings, string? directory)
    {
        foreach (var (name, path) in settings.Items("logging.outputs"))
            if (name == "file" && settings.Flag($"{path}.enabled") != false && settings.Text($"{path}.type") == "json" && settings.Text($"{path}.filename") is { } file)
                return new(Path.Combine(directory ?? Environment.CurrentDirectory, file));
        return new(null);
    }

    public void Error(string module, string message)
    {
        if (file is null) return;
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        using var output = new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.Read);
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("timestamp", DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'+0000'", CultureInfo.InvariantCulture));
            json.WriteString("log_level", "Error");
            json.WriteString("event_type", "engine");
            json.WriteStartObject("engine");
            json.WriteString("message", message);
            json.WriteString("module", module);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        output.WriteByte((byte)'\n');
    }
}
