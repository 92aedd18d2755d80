using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Demilune.Sdn.Identity;

/// <summary>Who may use the network, and in which projects: the built-in identity service's file.</summary>
public sealed record IdentityDirectory
{
    public IReadOnlyList<Account> Users { get; init; } = [];

    /// <summary>Names of projects that are there whether or not anybody has a role in them.</summary>
    public IReadOnlyList<string> Projects { get; init; } = [];

    /// <summary>Names of roles that are there whether or not anybody has them, beside <c>admin</c>, <c>member</c> and <c>reader</c>.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    internal IEnumerable<string> AllProjects => Users.SelectMany(user => user.Projects.Keys).Concat(Projects).Distinct(StringComparer.Ordinal);

    internal IEnumerable<string> AllRoles =>
        ((string[])["admin", "member", "reader"]).Concat(Users.SelectMany(user => user.Projects.Values).SelectMany(roles => roles)).Concat(Roles).Distinct(StringComparer.Ordinal);

    /// <summary>Reads the file. It holds passwords: nobody but its owner may read it.</summary>
    /// <exception cref="IOException">It cannot be read, is no such file, or is open to others; the message says which.</exception>
    public static IdentityDirectory Read(string path)
    {
        if ((File.GetUnixFileMode(path) & (UnixFileMode.GroupRead | UnixFileMode.OtherRead | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != 0)
            throw new IOException($"{path} holds passwords and is open to others: chmod 600 it.");
        try
        {
            return Checked(Whole(JsonSerializer.Deserialize(File.ReadAllBytes(path), IdentityJson.Default.IdentityDirectory) ?? new()), path);
        }
        catch (JsonException e)
        {
            throw new IOException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Replaces the file as a whole, readable by its owner only.</summary>
    /// <exception cref="IOException">It cannot be written; what was there is still there.</exception>
    internal void Write(string path)
    {
        var beside = path + ".new";
        File.Delete(beside);
        using (var file = new FileStream(beside, new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            JsonSerializer.Serialize(file, this, IdentityJson.Default.IdentityDirectory);
            file.Flush(flushToDisk: true);
        }
        File.Move(beside, path, overwrite: true);
    }

    /// <summary>The same name always has the same id: objects of a project are found again after a restart.</summary>
    internal static string IdOf(string kind, string name) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"demilune:{kind}:{name}"))[..16]);

    /// <summary>What the file leaves out is empty; to the deserializer it is null.</summary>
    private static IdentityDirectory Whole(IdentityDirectory read) => new()
    {
        Users = [.. (read.Users ?? []).Select(user => new Account
        {
            Name = user.Name ?? "",
            Password = user.Password ?? "",
            Projects = user.Projects ?? new Dictionary<string, IReadOnlyList<string>>(),
            ApplicationCredentials = user.ApplicationCredentials ?? new Dictionary<string, string>(),
        })],
        Projects = read.Projects ?? [],
        Roles = read.Roles ?? [],
    };

    private static IdentityDirectory Checked(IdentityDirectory directory, string path)
    {
        foreach (var user in directory.Users)
            if (user is not { Name.Length: > 0, Password.Length: > 0 })
                throw new IOException($"{path}: user '{user.Name}' needs a name and a password.");
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

    /// <summary>Names of roles by name of project. The first is the default project; without any the user gets no token.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Projects { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>Secrets by id, each for the default project.</summary>
    public IReadOnlyDictionary<string, string> ApplicationCredentials { get; init; } = new Dictionary<string, string>();
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, AllowDuplicateProperties = false,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(IdentityDirectory))]
internal sealed partial class IdentityJson : JsonSerializerContext;
