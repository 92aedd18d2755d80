using System.Text.Json.Nodes;
using Demilune.Cli.Inspect;
using Demilune.Rules.Compile;
using Demilune.Rules.Syntax;
using Demilune.Verify.Tests.Cases;

namespace Demilune.Verify.Tests.Differential;

/// <summary>Every capture of the suite with all of ET Open, by Suricata 7 and by us: the same alerts.</summary>
/// <remarks>
/// <c>DEMILUNE_SURICATA=COMMAND</c> runs it (<c>eng/suricata.sh</c> prints one). <c>DEMILUNE_DIFFERENCES=FILE</c> gets what differs, a line each. What is
/// known to differ, and why, is in <c>differences.txt</c>. <c>DEMILUNE_RULES=FILE</c>: other rules than ET Open, to find something out;
/// then it is told with which packet, too.
/// </remarks>
public sealed class DifferentialTests(ITestOutputHelper output)
{
    [Fact]
    public async Task With_all_of_ET_Open_we_alert_where_Suricata_does()
    {
        Assert.SkipWhen(Corpus.Directory is null || EtOpen is null, "The suite's captures or ET Open's rules are not here; DEMILUNE_CORPUS says where they are.");
        var command = Environment.GetEnvironmentVariable("DEMILUNE_SURICATA");
        Assert.SkipWhen(string.IsNullOrEmpty(command), "DEMILUNE_SURICATA names no Suricata to compare with (eng/suricata.sh prints one).");
        var stop = TestContext.Current.CancellationToken;
        var directory = Directory.CreateTempSubdirectory("demilune-differential-");
        try
        {
            var rules = Path.Combine(directory.FullName, "all.rules");
            if (Others is not null) File.Copy(Others, rules);
            else File.WriteAllText(rules, string.Join('\n', Directory.EnumerateFiles(EtOpen!, "*.rules").Order(StringComparer.Ordinal).Select(File.ReadAllText)));
            var configuration = Path.Combine(AppContext.BaseDirectory, "Differential", "suricata.yaml");
            var captures = Directory.EnumerateFiles(Corpus.Directory!, "*.pcap*", SearchOption.AllDirectories).Where(file => Path.GetExtension(file) is ".pcap" or ".pcapng")
                .Order(StringComparer.Ordinal).ToArray();
            using (var suricata = await SuricataSocket.StartAsync(command!, configuration, rules, directory.FullName, stop))
                await suricata.ReadAsync(captures.Select((capture, number) => (capture, OutputOf(number))), stop);
            var theirs = captures.Select((_, number) => AlertsIn(Path.Combine(OutputOf(number), "eve.json"))).ToArray();
            var ours = Ours(configuration, rules, captures);
            var differences = captures.Zip(ours, theirs).SelectMany(one => Compare(Path.GetRelativePath(Corpus.Directory!, one.First), one.Second, one.Third)).ToArray();
            if (Environment.GetEnvironmentVariable("DEMILUNE_DIFFERENCES") is { Length: > 0 } file) File.WriteAllLines(file, differences);
            output.WriteLine($"{captures.Length} captures, {theirs.Sum(alerts => alerts.Values.Sum())} alerts of theirs, {ours.Sum(alerts => alerts.Values.Sum())} of ours, {differences.Length} differ");
            Assert.Empty(differences.Except(Known));
        }
        finally
        {
            directory.Delete(recursive: true);
        }

        string OutputOf(int number) => Path.Combine(directory.FullName, $"{number}");
    }

    private static string? EtOpen => Corpus.Directory is { } suite && Path.GetFullPath(Path.Combine(suite, "..", "..", "et-open")) is var rules && Directory.Exists(rules) ? rules : null;

    private static string? Others => Environment.GetEnvironmentVariable("DEMILUNE_RULES") is { Length: > 0 } file ? file : null;

    /// <summary>Lines as they are compared; behind a # the reason.</summary>
    private static IEnumerable<string> Known => File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Differential", "differences.txt"))
        .Select(line => line.Split('#')[0].Trim()).Where(line => line.Length > 0);

    private static IEnumerable<string> Compare(string capture, Dictionary<(long Sid, long Packet), int> ours, Dictionary<(long Sid, long Packet), int> theirs) =>
        ours.Keys.Union(theirs.Keys).Order().Select(alert => (Alert: alert, Ours: ours.GetValueOrDefault(alert), Theirs: theirs.GetValueOrDefault(alert)))
            .Where(one => one.Ours != one.Theirs).Select(one => $"{capture} {one.Alert.Sid}{(one.Alert.Packet > 0 ? $" with packet {one.Alert.Packet}" : "")}: {one.Ours} instead of {one.Theirs}");

    private static Dictionary<(long Sid, long Packet), int>[] Ours(string configuration, string rules, string[] captures)
    {
        var written = Settings.Load(configuration, []);
        var settings = EngineSettings.Of(written, inline: false);
        var compiled = RuleSet.Compile([new RuleSource("all.rules", File.ReadAllText(rules))], RuleSurroundings.Of(written, settings.Variables, null).Options);
        var request = new InspectRequest { VerifyChecksums = false, Settings = settings, Quiet = true };
        return [.. captures.AsParallel().AsOrdered().Select(capture =>
        {
            using var frames = File.OpenRead(capture);
            using var events = new MemoryStream();
            try
            {
                using var eve = new EveFiles(events, settings.Outputs[0].Options);
                CaptureInspection.Run(frames, compiled.Rules, request, eve, default);
            }
            catch (InvalidDataException)
            {
                // No capture: Suricata has nothing to say of it either.
            }
            using var lines = new StreamReader(new MemoryStream(events.ToArray()));      // whoever wrote it has closed it
            return Alerts(Lines(lines));
        })];
    }

    private static Dictionary<(long Sid, long Packet), int> AlertsIn(string eve)
    {
        if (!File.Exists(eve)) return [];
        return Alerts(File.ReadLines(eve));
    }

    private static IEnumerable<string> Lines(StreamReader reader)
    {
        while (reader.ReadLine() is { } line) yield return line;
    }

    private static Dictionary<(long Sid, long Packet), int> Alerts(IEnumerable<string> records) => records
        .Where(line => line.Contains("\"event_type\":\"alert\"", StringComparison.Ordinal))
        .Select(line => JsonNode.Parse(line)!).Select(record => ((long)record["alert"]!["signature_id"]!, Others is null ? 0 : (long?)record["pcap_cnt"] ?? 0))
        .GroupBy(alert => alert).ToDictionary(same => same.Key, same => same.Count());
}
