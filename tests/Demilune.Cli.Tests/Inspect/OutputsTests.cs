using Demilune.Cli.Inspect;

namespace Demilune.Cli.Tests.Inspect;

/// <summary>Files that a configuration asks for beside EVE's.</summary>
public sealed class OutputsTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("demilune-outputs-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData("yes", true)]
    [InlineData("no", false)]
    public void Counters_are_written_as_a_table_where_somebody_wants_it(string wanted, bool isWritten)
    {
        Run($$"""
            stats: { enabled: {{wanted}} }
            outputs:
              - stats: { enabled: yes, filename: table.log }
            """);
        var table = Path.Combine(_directory.FullName, "table.log");
        Assert.Equal(isWritten, File.Exists(table));
        if (isWritten) Assert.Contains("decoder.pkts                                  | Total                     | 4", File.ReadAllLines(table));
    }

    private void Run(string configuration)
    {
        string settings = Path.Combine(_directory.FullName, "c.yaml"), capture = Path.Combine(_directory.FullName, "c.pcap");
        File.WriteAllText(settings, configuration);
        File.WriteAllBytes(capture, CaptureBytes.Of("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
        using var said = new StringWriter();
        Assert.Equal(0, InspectCommand.Run(["-c", settings, "-r", capture, "-l", _directory.FullName, "-k", "none"], said));
    }
}
