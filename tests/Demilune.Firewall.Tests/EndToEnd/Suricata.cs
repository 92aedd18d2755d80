namespace Demilune.Firewall.Tests.EndToEnd;

/// <summary>Suricata as <c>eng/suricata.sh</c> unpacks it.</summary>
internal static class Suricata
{
    private static readonly string? s_folder = Find();

    public static string? WhyNot => s_folder is null ? "Suricata is not here: eng/suricata.sh fetches it" : null;

    public static string Program => Path.Combine(s_folder!, "suricata");

    public static string Files => Path.Combine(s_folder!, "root", "etc", "suricata");

    private static string? Find()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
            if (File.Exists(Path.Combine(folder, "artifacts", "suricata", "suricata"))) return Path.Combine(folder, "artifacts", "suricata");
        return null;
    }
}
