using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Demilune.Node.Seccomp;

/// <summary>
/// The system calls that firewalls may make: far fewer than the runtime's default lets every container (deploy/seccomp/firewall.json). The agent puts it
/// where the node's kubelet looks for profiles, and tells the controller its name; firewalls made from then on have it.
/// </summary>
internal static class FirewallProfile
{
    private const string Resource = "firewall.json", Folder = "demilune";

    /// <param name="directory">Where kubelet looks: /var/lib/kubelet/seccomp.</param>
    /// <returns>Its name below the directory, another one for another content: containers of an earlier release keep theirs. Null: it could not be written.</returns>
    public static string? Install(string directory, ILogger log)
    {
        var profile = Read();
        var name = $"{Folder}/firewall-{Convert.ToHexStringLower(SHA256.HashData(profile))[..8]}.json";
        var path = Path.Combine(directory, name);
        try
        {
            if (File.Exists(path)) return name;
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path + ".new", profile);
            File.Move(path + ".new", path, overwrite: true);
            return name;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            log.NoSeccompProfile(path, error.Message);
            return null;
        }
    }

    /// <summary>Removes all releases' profiles.</summary>
    public static void Remove(string directory)
    {
        if (Path.Combine(directory, Folder) is var folder && Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    internal static byte[] Read()
    {
        using var stream = typeof(FirewallProfile).Assembly.GetManifestResourceStream(Resource) ?? throw new InvalidOperationException($"{Resource} is not in this assembly");
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
