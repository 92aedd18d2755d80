using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Demilune.Local.Images;

/// <summary>
/// The image of the firewall: its program, the .NET runtime that this process runs on unless the program brings its own, the shared libraries
/// those need, the detection rules, and nothing else: no shell, no package manager, no user.
/// </summary>
internal static class FirewallImage
{
    public const string Reference = "demilune.local/firewall:latest";

    private const string ProgramName = "demilune-firewall";
    private const string ProgramFolder = "/usr/lib/demilune/firewall", RulesFolder = "/usr/share/demilune/rules", DotnetFolder = "/usr/share/dotnet";

    /// <summary>
    /// Loaded by name at run time, so no file says that they are needed. OpenSSL is where the .NET runtime has its hashes and
    /// random numbers; without the others the firewall runs slower.
    /// </summary>
    private static readonly string[] LoadedByName = ["libssl.so.3", "libcrypto.so.3", "libpcre2-8.so.0", "libhs.so.5"];

    /// <summary>A tracing plug-in of the runtime; it needs libraries that few machines have and nobody here asks for it.</summary>
    private const string TracingPlugin = "libcoreclrtraceptprovider.so";

    /// <param name="from">A published or built firewall.</param>
    /// <param name="rules">Folder of *.rules; it and what is below it go to /usr/share/demilune/rules.</param>
    /// <param name="output">The OCI layout to write.</param>
    /// <exception cref="InvalidDataException">Something that the program needs is not on this machine; the message names it.</exception>
    public static void Write(string from, string rules, string output)
    {
        var program = Path.Combine(from, ProgramName);
        if (!File.Exists(program)) throw new InvalidDataException($"{program} is not there: publish Demilune.Firewall to {from} first");
        if (!Directory.Exists(rules)) throw new InvalidDataException($"{rules} is not there: it should hold the detection rules");
        List<ImageFile> files =
        [
            .. Tree(from, ProgramFolder).Where(file => Path.GetExtension(file.Path) is not ".pdb"),
            .. Tree(rules, RulesFolder),
            .. Runtime(Path.Combine(from, ProgramName + ".runtimeconfig.json")),
            // Mount points, so that a read-only root has them.
            .. ((string[])["/proc", "/sys", "/dev", "/run/demilune", "/tmp", "/etc"]).Select(folder => new ImageFile(folder, null)),
        ];
        files.AddRange(SharedLibraries.Of(files.Select(file => file.Source).OfType<string>(), LoadedByName));
        ImageWriter.Write(output, Reference, files, new ImageConfig
        {
            Entrypoint = [$"{ProgramFolder}/{ProgramName}"],
            Command = ["--in", "in", "--out", "out", "--agent", "/run/demilune/agent.sock", "--rules", RulesFolder],
            // Its root is read only: the runtime must not want a socket in /tmp.
            Environment = ["PATH=/usr/bin", $"DOTNET_ROOT={DotnetFolder}", "DOTNET_EnableDiagnostics=0", "DOTNET_NOLOGO=1"],
            WorkingDirectory = "/",
        }, RuntimeInformation.OSArchitecture is Architecture.Arm64 ? "arm64" : "amd64");
    }

    /// <summary>The frameworks that the program asks for, from where this process has its own; none if it brings them along.</summary>
    private static IEnumerable<ImageFile> Runtime(string configFile)
    {
        var options = File.Exists(configFile) ? JsonNode.Parse(File.ReadAllText(configFile))?["runtimeOptions"] : null;
        var wanted = (options?["frameworks"] as JsonArray ?? [options?["framework"]?.DeepClone()]).Select(framework => framework?["name"]?.GetValue<string>()).OfType<string>().ToList();
        if (wanted is []) yield break;
        // …/shared/Microsoft.NETCore.App/10.0.1/
        var own = new DirectoryInfo(RuntimeEnvironment.GetRuntimeDirectory());
        var root = own.Parent?.Parent?.Parent?.FullName ?? throw new InvalidDataException("this process was published with a runtime of its own, so it has none to give to the firewall: publish the firewall self-contained too");
        var major = own.Name.Split('.')[0] + ".";
        foreach (var name in wanted)
        {
            var framework = Newest(Path.Combine(root, "shared", name), major);
            foreach (var file in Tree(framework, $"{DotnetFolder}/shared/{name}/{Path.GetFileName(framework)}")) if (Path.GetFileName(file.Path) is not TracingPlugin) yield return file;
        }
        var resolver = Newest(Path.Combine(root, "host", "fxr"), major);
        foreach (var file in Tree(resolver, $"{DotnetFolder}/host/fxr/{Path.GetFileName(resolver)}")) yield return file;
    }

    private static string Newest(string folder, string major) =>
        (Directory.Exists(folder) ? Directory.GetDirectories(folder) : [])
            .Where(version => Path.GetFileName(version).StartsWith(major, StringComparison.Ordinal) && Version.TryParse(Path.GetFileName(version), out _))
            .MaxBy(version => Version.Parse(Path.GetFileName(version)))
        ?? throw new InvalidDataException($"{folder} has no version {major}x");

    private static IEnumerable<ImageFile> Tree(string folder, string inside) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => new ImageFile($"{inside}/{Path.GetRelativePath(folder, file)}", file, IsExecutable(file)));

    private static bool IsExecutable(string file) => (File.GetUnixFileMode(file) & UnixFileMode.UserExecute) != 0;
}
