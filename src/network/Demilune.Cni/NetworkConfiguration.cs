using System.Text.Json;

namespace Demilune.Cni;

/// <summary>What the runtime sends on standard input.</summary>
/// <param name="CniVersion">One of <see cref="SupportedVersions"/>.</param>
/// <param name="AgentSocket">Path of the node agent's Unix socket.</param>
/// <param name="Whole">All of it, for the agent.</param>
internal sealed record NetworkConfiguration(string CniVersion, string AgentSocket, JsonElement Whole)
{
    public const string NewestVersion = "1.1.0";
    public const string DefaultAgentSocket = "/run/demilune/cni.sock";

    /// <summary>Standard input larger than this is no network configuration.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>0.3.0 named no interfaces in its result; nobody has needed it since 2019.</summary>
    public static readonly string[] SupportedVersions = ["0.3.1", "0.4.0", "1.0.0", NewestVersion];

    /// <exception cref="CniException">Not JSON, of an unknown version, or without what we need.</exception>
    public static NetworkConfiguration Read(Stream input)
    {
        JsonElement whole;
        try
        {
            var bytes = ReadBounded(input);
            if (!System.Text.Unicode.Utf8.IsValid(bytes)) throw new CniException(CniException.Undecodable, "standard input is not UTF-8", "a network configuration is JSON");
            using var document = JsonDocument.Parse(bytes);
            whole = document.RootElement.Clone();
        }
        catch (JsonException error)
        {
            throw new CniException(CniException.Undecodable, "standard input is not a JSON network configuration", error.Message);
        }

        if (whole.ValueKind != JsonValueKind.Object)
            throw new CniException(CniException.Undecodable, "standard input is not a JSON object", $"it is a JSON {whole.ValueKind}");
        // Absent means 0.1.0 (specification 1.1, "Version considerations"), which we do not speak.
        var version = Text(whole, "cniVersion") ?? "0.1.0";
        if (!SupportedVersions.Contains(version))
            throw new CniException(
                CniException.IncompatibleVersion, $"cniVersion {version} is not supported", $"use one of {string.Join(", ", SupportedVersions)}");
        return new(version, Text(whole, "agentSocket") ?? DefaultAgentSocket, whole);
    }

    private static string? Text(JsonElement config, string name)
    {
        if (!config.TryGetProperty(name, out var value)) return null;
        return value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : throw new CniException(CniException.InvalidConfiguration, $"{name} is not a string", $"it is a JSON {value.ValueKind}");
    }

    private static byte[] ReadBounded(Stream input)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int read; (read = input.Read(buffer)) > 0;)
        {
            bytes.Write(buffer, 0, read);
            if (bytes.Length > MaxBytes)
                throw new CniException(CniException.Undecodable, $"standard input is larger than {MaxBytes} bytes", "it should be a network configuration");
        }

        return bytes.ToArray();
    }
}
