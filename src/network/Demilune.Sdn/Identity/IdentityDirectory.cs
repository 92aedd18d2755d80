using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Demilune.Sdn.Identity;

/// <summary>Who may use the network, and in which projects: the built-in identity service's file.</summary>
public sealed record IdentityDirectory
{
    public IReadOnlyList<Account> Users { get; init; } = [];

    /// <summary>Reads the file. It holds passwords: nobody but its owner may read it.</summary>
    /// <exception cref="IOException">It cannot be read, is no such file, or is open to others; the message says which.</exception>
    public static IdentityDirectory Read(string path)
    {
        if ((File.GetUnixFileMode(path) & (UnixFileMode.GroupRead | UnixFileMode.OtherRead | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != 0)
            throw new IOException($"{path} holds passwords and is open to others: chmod 600 it.");
        try
        {
            return Checked(JsonSerializer.Deserialize(File.ReadAllBytes(path), IdentityJson.Default.IdentityDirectory) ?? new(), path);
        }
        catch (JsonException e)
        {
            throw new IOException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>The same name always has the same id: objects of a project are found again after a restart.</summary>
    internal static string IdOf(string kind, string name) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"demilune:{kind}:{name}"))[..16]);

    private static IdentityDirectory Checked(IdentityDirectory directory, string path)
    {
        foreach (var user in directory.Users)
            if (user is not { Name.Length: > 0, Password.Length: > 0, Projects.Count: > 0 })
                throw new IOException($"{path}: user '{user.Name}' needs a name, a password and at least one project with roles.");
        return directory.Users.GroupBy(user => user.Name).FirstOrDefault(same => same.Count() > 1) is { } twice
            ? throw new IOException($"{path}: user '{twice.Key}' is there twice.")
            : directory;
    }
}

/// <summary>A user.</summary>
public sealed record Account
{
    public string Name { get; init; } = "";

    public string Password { get; init; } = "";

    /// <summary>Names of roles by name of project. The first is the default project.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Projects { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>Secrets by id, each for the default project.</summary>
    public IReadOnlyDictionary<string, string> ApplicationCredentials { get; init; } = new Dictionary<string, string>();
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, AllowDuplicateProperties = false,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(IdentityDirectory))]
internal sealed partial class IdentityJson : JsonSerializerContext;
