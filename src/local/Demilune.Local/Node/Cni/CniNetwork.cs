using System.Text.Json;
using System.Text.Json.Nodes;

namespace Demilune.Local.Node.Cni;

/// <summary>A network configuration list (CNI 1.1 §1): which plugins make a pod's network, in order.</summary>
/// <param name="Text">As it stands in its file; kept with each pod, so that DEL sees what ADD saw.</param>
internal sealed record CniNetwork(string Name, string Version, bool DisableCheck, IReadOnlyList<JsonObject> Plugins, string Text)
{
    /// <summary>The first list or plugin file of the folder in name order, as every runtime chooses.</summary>
    /// <exception cref="NodeException">There is none that can be used; the message names folder and files.</exception>
    public static CniNetwork Load(string folder)
    {
        var files = Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder).Where(file => Path.GetExtension(file) is ".conflist" or ".conf" or ".json").Order(StringComparer.Ordinal).ToList()
            : [];
        var faults = new List<string>();
        foreach (var file in files)
        {
            if (TryParse(File.ReadAllText(file), out var network, out var fault)) return network!;
            faults.Add($"{file}: {fault}");
        }
        throw new NodeException(faults is [] ? $"no CNI configuration in {folder} (*.conflist)" : string.Join("; ", faults));
    }

    /// <summary>Takes a list, or a single plugin's configuration as a list of one.</summary>
    public static bool TryParse(string text, out CniNetwork? network, out string? fault)
    {
        network = null;
        try
        {
            if (JsonNode.Parse(text, documentOptions: new() { AllowDuplicateProperties = false }) is not JsonObject root) return Wrong("not a JSON object", out fault);
            if (root["name"]?.GetValue<string>() is not { Length: > 0 } name) return Wrong("no name", out fault);
            var version = root["cniVersion"]?.GetValue<string>() ?? "0.1.0";
            var plugins = root["plugins"] is JsonArray list ? [.. list.OfType<JsonObject>()] : new List<JsonObject> { root };
            if (plugins is []) return Wrong("no plugins", out fault);
            if (plugins.Any(plugin => plugin["type"]?.GetValue<string>() is not { Length: > 0 } type || type.Contains('/', StringComparison.Ordinal)))
                return Wrong("a plugin without a type, or whose type is a path", out fault);
            network = new CniNetwork(name, version, root["disableCheck"]?.GetValue<bool>() ?? false, plugins, text);
            fault = null;
            return true;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            return Wrong(error.Message, out fault);
        }
    }

    /// <summary>What goes to a plugin's standard input (CNI 1.1 §3 "Deriving request configuration").</summary>
    public string Request(JsonObject plugin, JsonNode? previousResult)
    {
        var request = (JsonObject)plugin.DeepClone();
        request["cniVersion"] = Version;
        request["name"] = Name;
        // The capabilities a plugin announces are filled from the runtime's own settings, of which this one has none.
        request.Remove("capabilities");
        if (previousResult is not null) request["prevResult"] = previousResult.DeepClone();
        return request.ToJsonString();
    }

    private static bool Wrong(string why, out string? fault)
    {
        fault = why;
        return false;
    }
}
