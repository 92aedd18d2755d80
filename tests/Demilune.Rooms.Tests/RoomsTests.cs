using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Demilune.Rooms.Tests;

/// <summary>The arrows of docs/architecture.md, read from the project files: who may know whom.</summary>
public sealed class RoomsTests
{
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["Wire"] = [],
        ["Rules"] = [],
        ["Inspection"] = ["Wire", "Rules"],
        ["Linux"] = [],
        ["Firewall"] = ["Inspection", "Wire", "Rules", "Linux", "Contracts"],
        ["Contracts"] = [],
        ["Neutron"] = [],
        ["Sdn"] = ["Neutron", "Contracts"],
        ["Node"] = ["Linux", "Wire", "Contracts"],
        ["Cni"] = [],
        ["Policy"] = [],
        ["Kubernetes"] = ["Policy"],
        ["Raven"] = ["Policy", "Kubernetes", "Neutron"],
        ["Orchestrator"] = ["Policy", "Kubernetes", "Neutron", "Contracts"],
        ["Console"] = [],
        ["Controller"] = ["Console", "Policy", "Kubernetes", "Raven", "Orchestrator", "Neutron", "Sdn", "Contracts"],
        ["Local"] = ["Kubernetes"],
        ["Cli"] = ["Policy", "Kubernetes", "Wire", "Rules", "Inspection", "Firewall", "Linux", "Contracts"],
    };

    private static readonly string Top = FindTop();

    public static TheoryData<string> Rooms => [.. Directory.EnumerateFiles(Path.Combine(Top, "src"), "*.csproj", SearchOption.AllDirectories)
        .Select(file => Path.GetFileNameWithoutExtension(file)["Demilune.".Length..])];

    [Theory, MemberData(nameof(Rooms))]
    public void A_room_knows_only_whom_it_may(string room)
    {
        Assert.True(Arrows.TryGetValue(room, out var may), $"{room} is a new room: say in docs/architecture.md and here whom it may know");
        var knows = Project(room).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value)["Demilune.".Length..]);
        Assert.Empty(knows.Except(may));
    }

    [Theory, MemberData(nameof(Rooms))]
    public void Only_the_linux_room_may_be_unsafe(string room)
    {
        var unsafeAsked = Project(room).Descendants("AllowUnsafeBlocks").Any(element => element.Value == "true");
        Assert.Equal(room == "Linux", unsafeAsked);
        if (room == "Linux") return;
        foreach (var (file, text) in Sources(room))
            Assert.False(text.Contains("[LibraryImport", StringComparison.Ordinal) || text.Contains("[DllImport", StringComparison.Ordinal), $"{file} calls native code");
    }

    /// <summary>Bytes, time and objects come in; verdicts, plans and events go out.</summary>
    [Theory]
    [InlineData("Wire")]
    [InlineData("Rules")]
    [InlineData("Inspection")]
    [InlineData("Policy")]
    public void A_pure_room_has_no_effects(string room)
    {
        Assert.Empty(Project(room).Descendants("PackageReference"));
        string[] effects = ["DateTime.Now", "DateTime.UtcNow", "DateTimeOffset.UtcNow", "Stopwatch.", "FileStream", "Console.", "new Socket(", "TcpClient", "UdpClient", "NetworkStream", "ILogger", "Environment.Get", "Task.Run", "new Thread("];
        foreach (var (file, text) in Sources(room))
            foreach (var effect in effects)
                Assert.False(text.Contains(effect, StringComparison.Ordinal), $"{file} uses {effect}");
        // A member may be called File, and read from memory: only the class of that name has these.
        foreach (var (file, text) in Sources(room))
            Assert.False(Regex.IsMatch(text, @"(?<![\w.])(File|Directory)\.(Read|Write|Open|Append|Create|Delete|Exists|Move|Copy|Enumerate|Get)"), $"{file} uses files");
    }

    /// <summary>Who searches a log by event id must find one kind of event.</summary>
    [Fact]
    public void No_two_log_messages_share_an_id()
    {
        var messages = Rooms.SelectMany(room => Sources(room.Data))
            .SelectMany(source => Regex.Matches(source.Text, @"LoggerMessage\((\d+),").Select(match => (Id: match.Groups[1].Value, source.File)));
        Assert.Empty(messages.GroupBy(message => message.Id).Where(same => same.Count() > 1)
            .Select(same => $"{same.Key}: {string.Join(", ", same.Select(message => Path.GetFileName(message.File)))}"));
    }

    [Fact]
    public void Every_source_file_of_the_kernel_programs_says_its_licence() => Assert.All(
        Directory.EnumerateFiles(Path.Combine(Top, "bpf"), "*.*").Where(file => Path.GetExtension(file) is ".c" or ".h"),
        file => Assert.Contains("SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only", File.ReadAllText(file)));

    private static XDocument Project(string room) =>
        XDocument.Load(Directory.EnumerateFiles(Path.Combine(Top, "src"), $"Demilune.{room}.csproj", SearchOption.AllDirectories).Single());

    private static IEnumerable<(string File, string Text)> Sources(string room)
    {
        var folder = Directory.EnumerateDirectories(Path.Combine(Top, "src"), $"Demilune.{room}", SearchOption.AllDirectories).Single();
        return Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal))
            .Select(file => (file, File.ReadAllText(file)));
    }

    private static string FindTop()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Demilune.slnx"))) directory = Path.GetDirectoryName(directory)!;
        return directory;
    }
}
