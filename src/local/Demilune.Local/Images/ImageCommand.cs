namespace Demilune.Local.Images;

/// <summary><c>demilune-local image …</c>: writes images to run from.</summary>
internal static class ImageCommand
{
    private const string Usage = "usage: demilune-local image firewall --from DIR --rules DIR --output DIR";

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is not ["firewall", .. var flags] || !TryParse(flags, out var from, out var rules, out var output))
        {
            await Console.Error.WriteLineAsync(Usage);
            return 2;
        }
        try
        {
            FirewallImage.Write(from, rules, output);
            return 0;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            await Console.Error.WriteLineAsync($"demilune-local image firewall: {error.Message}");
            return 1;
        }
    }

    private static bool TryParse(string[] flags, out string from, out string rules, out string output)
    {
        var values = flags.Chunk(2).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        from = values.GetValueOrDefault("--from", "");
        rules = values.GetValueOrDefault("--rules", "");
        output = values.GetValueOrDefault("--output", "");
        return flags.Length == 6 && values.Count == 3 && from is not "" && rules is not "" && output is not "";
    }
}
