using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Demilune.Local.Node;

namespace Demilune.Local.Images;

/// <summary>
/// The image of one of our programs: the program, the .NET runtime that this process runs on unless the program brings its own, the shared
/// libraries those need, what it works with, and nothing else: no shell, no package manager, no user.
/// </summary>
/// <param name="Name">firewall, suricata, node or controller: its reference is <c>demilune.local/NAME:latest</c>.</param>
/// <param name="Extra">What it works with: option of the command → folder inside the image.</param>
/// <param name="Command">Arguments unless the pod says otherwise.</param>
internal sealed record ProgramImage(string Name, IReadOnlyDictionary<string, string> Extra, IReadOnlyList<string> Command)
{
    private const string RulesFolder = "/usr/share/demilune/rules", DotnetFolder = "/usr/share/dotnet";

    public static readonly ProgramImage Firewall = new(
        "firewall", new Dictionary<string, string> { ["--rules"] = RulesFolder },
        ["--in", "in", "--out", "out", "--agent", "/run/demilune/agent.sock", "--rules", RulesFolder])
    { Environment = ["DOTNET_GCgen0size=0x200000"] };   // 2 MiB: what a burst of new connections leaves is moved in pieces that hold nobody up for long

    /// <summary>The firewall with Suricata as its engine: as Debian's packages have it, unpacked, without what it needs only elsewhere.</summary>
    public static readonly ProgramImage Suricata = new(
        "suricata", new Dictionary<string, string> { ["--rules"] = RulesFolder, ["--suricata"] = "" },
        ["--engine", "suricata", .. Firewall.Command])
    { Program = "firewall" };

    /// <summary>With the CNI plugin, which the agent gives to the node's container runtime, and what it translates with for routers' gateways.</summary>
    public static readonly ProgramImage Node = new("node", new Dictionary<string, string> { ["--cni"] = "/usr/lib/demilune/cni" }, []) { Tools = ["nft"] };

    public static readonly ProgramImage Controller = new("controller", new Dictionary<string, string>(), []);

    public static IReadOnlyList<ProgramImage> All { get; } = [Firewall, Suricata, Node, Controller];

    /// <summary>
    /// Loaded by name at run time, so no file says that they are needed. OpenSSL is where the .NET runtime has its hashes and
    /// random numbers; without PCRE2 the firewall runs slower and refuses some rules.
    /// </summary>
    private static readonly string[] LoadedByName = ["libssl.so.3", "libcrypto.so.3", "libpcre2-8.so.0"];

    /// <summary>A tracing plug-in of the runtime; it needs libraries that few machines have and nobody here asks for it.</summary>
    private const string TracingPlugin = "libcoreclrtraceptprovider.so";

    public string Reference => $"demilune.local/{Name}:latest";

    private string Program { get; init; } = Name;

    private IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>Programs of this machine that it runs.</summary>
    private IReadOnlyList<string> Tools { get; init; } = [];

    private string ProgramName => $"demilune-{Program}";

    private string ProgramFolder => $"/usr/lib/demilune/{Program}";

    private static string ThisMachine => RuntimeInformation.OSArchitecture is Architecture.Arm64 ? "arm64" : "x64";

    /// <param name="from">The published or built program.</param>
    /// <param name="extra">Folder on this machine for each of <see cref="Extra"/>; it and what is below it go into the image.</param>
    /// <param name="output">The OCI layout to write.</param>
    /// <exception cref="InvalidDataException">Something that the program needs is not on this machine; the message names it.</exception>
    public void Write(string from, IReadOnlyDictionary<string, string> extra, string output)
    {
        var program = Path.Combine(from, ProgramName);
        if (!File.Exists(program)) throw new InvalidDataException($"{program} is not there: publish {ProgramName} to {from} first");
        foreach (var (option, folder) in extra)
            if (!Directory.Exists(folder)) throw new InvalidDataException($"{folder} is not there: {option} should name a folder");
        List<ImageFile> files =
        [
            .. Tree(from, ProgramFolder).Where(file => Path.GetExtension(file.Path) is not (".pdb" or ".dbg") && !IsForAnotherMachine(file.Path)),
            .. extra.SelectMany(folder => folder.Key == "--suricata" ? SuricataFiles(folder.Value) : Tree(folder.Value, Extra[folder.Key]))
                .Where(file => Path.GetExtension(file.Path) is not (".pdb" or ".dbg")),
            .. Tools.Select(tool => new ImageFile($"/usr/bin/{tool}", Programs.Find(tool) ?? throw new InvalidDataException($"{tool} is not installed, and the image {Name} has to have it"), Executable: true)),
            .. Runtime(Path.Combine(from, ProgramName + ".runtimeconfig.json")),
            // Mount points, so that a read-only root has them.
            .. ((string[])["/proc", "/sys", "/dev", "/run/demilune", "/tmp", "/etc", "/var/lib/suricata"]).Select(folder => new ImageFile(folder, null)),
        ];
        files.AddRange(SharedLibraries.Of(files.Select(file => file.Source).OfType<string>(), LoadedByName, extra.GetValueOrDefault("--suricata")));
        ImageWriter.Write(output, Reference, files, new ImageConfig
        {
            Entrypoint = [$"{ProgramFolder}/{ProgramName}"],
            Command = [.. Command],
            // Its root is read only: the runtime must not want a socket in /tmp.
            Environment = ["PATH=/usr/bin", $"DOTNET_ROOT={DotnetFolder}", "DOTNET_EnableDiagnostics=0", "DOTNET_NOLOGO=1", .. Environment],
            WorkingDirectory = "/",
        }, ThisMachine is "arm64" ? "arm64" : "amd64");
    }

    private static IEnumerable<ImageFile> SuricataFiles(string root)
    {
        string[] files = ["usr/bin/suricata", "etc/suricata/classification.config", "etc/suricata/reference.config", "etc/suricata/threshold.config"];
        foreach (var file in files)
        {
            var source = Path.Combine(root, file);
            if (!File.Exists(source)) throw new InvalidDataException($"{source} is not there: --suricata should name the root that eng/suricata.sh unpacks");
            yield return new ImageFile("/" + file, source, IsExecutable(source));
        }
    }

    /// <summary>…/runtimes/win-x64/… and the like: packages bring their native libraries for every machine there is.</summary>
    private bool IsForAnotherMachine(string path) =>
        path.StartsWith($"{ProgramFolder}/runtimes/", StringComparison.Ordinal) &&
        path[$"{ProgramFolder}/runtimes/".Length..].Split('/')[0] is not ("linux" or "unix") and var machine && machine != $"linux-{ThisMachine}";

    /// <summary>The frameworks that the program asks for, from where this process has its own; none if it brings them along.</summary>
    private static IEnumerable<ImageFile> Runtime(string configFile)
    {
        var options = File.Exists(configFile) ? JsonNode.Parse(File.ReadAllText(configFile))?["runtimeOptions"] : null;
        var wanted = (options?["frameworks"] as JsonArray ?? [options?["framework"]?.DeepClone()]).Select(framework => framework?["name"]?.GetValue<string>()).OfType<string>().ToList();
        if (wanted is []) yield break;
        // …/shared/Microsoft.NETCore.App/10.0.1/
        var own = new DirectoryInfo(RuntimeEnvironment.GetRuntimeDirectory());
        var root = own.Parent?.Parent?.Parent?.FullName ?? throw new InvalidDataException("this process was published with a runtime of its own, so it has none to give to the image: publish the program self-contained too");
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
