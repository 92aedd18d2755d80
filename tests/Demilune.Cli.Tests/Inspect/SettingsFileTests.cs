using Demilune.Cli.Inspect;

namespace Demilune.Cli.Tests.Inspect;

/// <summary>Configurations in Suricata's layout that are made of several files.</summary>
public sealed class SettingsFileTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("demilune-settings-");

    public void Dispose() => _directory.Delete(recursive: true);

    private Settings Load(params (string Name, string Text)[] files)
    {
        foreach (var (name, text) in files) File.WriteAllText(Path.Combine(_directory.FullName, name), text);
        return Settings.Load(Path.Combine(_directory.FullName, files[0].Name), []);
    }

    [Fact]
    public void What_is_included_stands_in_its_place_and_what_follows_replaces_it()
    {
        var settings = Load(
            ("main.yaml", "include: base.yaml\nstream:\n  midstream: yes\napp: !include app.yaml\n"),
            ("base.yaml", "stream:\n  midstream: no\nsensor-name: here\n"), ("app.yaml", "layer: 7\n"));
        Assert.True(settings.Flag("stream.midstream"));
        Assert.Equal(("here", "7"), (settings.Text("sensor-name"), settings.Text("app.layer")));
    }

    [Fact]
    public void Files_that_include_one_another_without_end_are_refused() =>
        Assert.Throws<InvalidDataException>(() => Load(("main.yaml", "include: [main.yaml]\n")));

    [Fact]
    public void A_configuration_that_names_nobody_is_refused()
    {
        Assert.NotNull(RunAs.Fault(Load(("main.yaml", "run-as:\n  user: nobody-of-this-name\n"))));
        Assert.NotNull(RunAs.Fault(Load(("main.yaml", "run-as:\n  user:\n"))));
        Assert.Null(RunAs.Fault(Load(("main.yaml", "run-as:\n  user: root\n"))));
        Assert.Null(RunAs.Fault(Load(("main.yaml", "stream:\n  midstream: yes\n"))));
    }

    [Fact]
    public void Each_output_writes_what_it_was_asked_for()
    {
        var outputs = EveOutput.Of(Load(("main.yaml", """
            outputs:
              - eve-log: {enabled: yes, filename: all.json, pcap-file: yes, types: [dns]}
              - eve-log: {enabled: no, filename: none.json}
              - eve-log:
                  filename: only-a.json
                  types:
                    - dns: {requests: no, types: [a]}
                    - stream: {event-set: yes}
            """)));
        Assert.Equal(["all.json", "only-a.json"], outputs.Select(output => output.File));
        Assert.True(outputs[0].Options.CaptureName);
        Assert.False(outputs[1].Options.Dns.Requests);
        Assert.Equal(["A"], outputs[1].Options.Dns.Types!);
        Assert.Equal(Demilune.Inspection.Events.Eve.SegmentRecords.Odd, outputs[1].Options.Segments);
    }
}
