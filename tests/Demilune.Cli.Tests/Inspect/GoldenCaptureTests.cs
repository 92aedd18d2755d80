using System.Text;
using System.Text.Json.Nodes;
using Demilune.Cli.Inspect;
using Demilune.Firewall.Regex;
using Demilune.Inspection;
using Demilune.Rules.Compile;

namespace Demilune.Cli.Tests.Inspect;

/// <summary>
/// tests/vectors/NAME: input.pcap, taken between two pods of the local cluster with offloads at their defaults, against
/// expected.json: what the web baseline has to say of it. UPDATE_VECTORS=1 rewrites; review the difference.
/// </summary>
public sealed class GoldenCaptureTests
{
    private static readonly string Top = FindTop();
    private static readonly RuleSet Baseline = Compile();

    public static TheoryData<string> Names => [.. Directory.EnumerateDirectories(Path.Combine(Top, "tests", "vectors")).Select(path => Path.GetFileName(path)!).Order()];

    [Theory, MemberData(nameof(Names))]
    public void A_recorded_capture_raises_the_recorded_alerts(string name)
    {
        var folder = Path.Combine(Top, "tests", "vectors", name);
        using var capture = File.OpenRead(Path.Combine(folder, "input.pcap"));
        using var output = new MemoryStream();
        using var eve = new EveFiles(output, new());
        CaptureInspection.Run(capture, Baseline, new() { VerifyChecksums = false, Quiet = true, Inline = true }, eve, default);
        var actual = new JsonArray([.. Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonNode.Parse(line)!).Where(record => (string?)record["event_type"] is "alert" or "http").Select(Essence)]).ToJsonString(new() { WriteIndented = true });
        var expected = Path.Combine(folder, "expected.json");
        if (Environment.GetEnvironmentVariable("UPDATE_VECTORS") is "1") File.WriteAllText(expected, actual + "\n");
        else Assert.Equal(File.ReadAllText(expected).TrimEnd(), actual);
    }

    /// <summary>What must not change by itself; addresses, ports and times are the capture's.</summary>
    private static JsonNode Essence(JsonNode record) => new JsonObject
    {
        ["event_type"] = record["event_type"]?.DeepClone(),
        ["action"] = record["alert"]?["action"]?.DeepClone(),
        ["signature_id"] = record["alert"]?["signature_id"]?.DeepClone(),
        ["evidence"] = new JsonArray([.. record["evidence"]?.AsArray().Select(match => (JsonNode?)$"{match!["buffer"]}: {match["printable"]}") ?? []]),
        ["url"] = record["http"]?["url"]?.DeepClone(),
        ["status"] = record["http"]?["status"]?.DeepClone(),
    };

    private static RuleSet Compile()
    {
        var file = Path.Combine(Top, "rules", "web-baseline.rules");
        var compiled = RuleSet.Compile(
            [new(file, File.ReadAllText(file))],
            new() { Regex = PcreRegexEngine.BestAvailable(), Provides = Inspector.Provides, Recognises = Inspector.Recognises, Notices = Inspector.Notices });
        Assert.Empty(compiled.Errors);
        return compiled.Rules;
    }

    private static string FindTop()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Demilune.slnx"))) directory = Path.GetDirectoryName(directory)!;
        return directory;
    }
}
