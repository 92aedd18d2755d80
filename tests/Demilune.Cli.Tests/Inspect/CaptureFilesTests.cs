using System.Text.Json;
using Demilune.Cli.Inspect;

namespace Demilune.Cli.Tests.Inspect;

/// <summary>What <c>-r DIRECTORY</c> reads, and what becomes of it.</summary>
public sealed class CaptureFilesTests : IDisposable
{
    private const string Evil =
        """alert http any any -> any any (msg:"evil"; flow:established,to_server; http.uri; content:"evil"; sid:9999901; rev:1;)""";

    private static readonly DateTime s_start = new(2024, 5, 1, 12, 0, 0, DateTimeKind.Utc);

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("demilune-captures-");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void A_directory_is_read_in_the_order_in_which_its_files_were_written_last()
    {
        Write("b", [1], minute: 2);
        Write("c", [1], minute: 1);
        Write("a", [1], minute: 3);
        Assert.Equal(["c", "b", "a"], Names(new() { Path = _root.FullName }));
    }

    [Fact]
    public void Directories_within_are_read_where_that_is_asked_for()
    {
        Write("a", [1], minute: 2);
        Write("below/b", [1], minute: 1);
        Assert.Equal(["a"], Names(new() { Path = _root.FullName }));
        Assert.Equal(["below/b", "a"], Names(new() { Path = _root.FullName, Recursive = true }));
    }

    [Fact]
    public void Links_are_not_followed()
    {
        var file = Write("a", [1], minute: 1);
        File.CreateSymbolicLink(Path.Combine(_root.FullName, "link"), file);
        Directory.CreateSymbolicLink(Path.Combine(_root.FullName, "loop"), _root.FullName);
        Assert.Equal(["a"], Names(new() { Path = _root.FullName, Recursive = true }));
    }

    [Fact]
    public void A_directory_that_is_watched_gives_what_comes_later_when_it_was_left_alone_for_long_enough()
    {
        using var stop = new CancellationTokenSource();
        Write("a", [1], minute: 1);
        var captures = new CaptureFiles { Path = _root.FullName, Continuous = true, Interval = TimeSpan.FromMilliseconds(1) };
        using var files = captures.All(TimeProvider.System, stop.Token).GetEnumerator();
        Assert.True(files.MoveNext());
        // Still being written, as far as anybody can tell.
        Write("new", [1], DateTime.UtcNow.AddHours(1));
        Write("b", [1], DateTime.UtcNow - captures.Delay);
        Assert.True(files.MoveNext());
        Assert.EndsWith("b", files.Current, StringComparison.Ordinal);
        stop.Cancel();
        Assert.False(files.MoveNext());
    }

    [Fact]
    public void A_connection_goes_on_from_one_capture_to_the_next()
    {
        var frames = CaptureBytes.Frames("GET /evil HTTP/1.1\r\nHost: x\r\n\r\n");
        Write("captures/1", CaptureBytes.Of(CaptureBytes.Time, frames[..3]), minute: 1);
        Write("captures/2", CaptureBytes.Of(CaptureBytes.Time + 1_000_000_000, frames[3..]), minute: 2);
        Assert.Single(Inspect(), record => record.GetProperty("event_type").GetString() == "alert");
    }

    [Fact]
    public void A_capture_of_earlier_times_is_told_with_its_own_times()
    {
        var frames = CaptureBytes.Frames("GET /evil HTTP/1.1\r\nHost: x\r\n\r\n");
        Write("captures/1", CaptureBytes.Of(CaptureBytes.Time, frames), minute: 1);
        Write("captures/2", CaptureBytes.Of(CaptureBytes.Time - 86_400_000_000_000, frames), minute: 2);
        var alerts = Inspect().Where(record => record.GetProperty("event_type").GetString() == "alert");
        Assert.Equal(["2023-11-14", "2023-11-13"], alerts.Select(record => record.GetProperty("timestamp").GetString()![..10]));
    }

    [Fact]
    public void What_is_no_capture_is_passed_over_and_named()
    {
        Write("captures/1", "notes"u8.ToArray(), minute: 1);
        Write("captures/2", CaptureBytes.Of("GET /evil HTTP/1.1\r\nHost: x\r\n\r\n"), minute: 2);
        using var said = new StringWriter();
        Assert.Single(Inspect(said), record => record.GetProperty("event_type").GetString() == "alert");
        Assert.Contains("captures/1: Neither pcap nor pcapng", said.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Records_name_their_capture_where_that_is_asked_for()
    {
        Write("captures/1", CaptureBytes.Of(CaptureBytes.Time, CaptureBytes.Frames("")[..3]), minute: 1);
        Write("captures/2", CaptureBytes.Of(CaptureBytes.Time + 1, CaptureBytes.Frames("GET /evil HTTP/1.1\r\nHost: x\r\n\r\n")[3..]), minute: 2);
        var configuration = Write("suricata.yaml", "outputs: [eve-log: {pcap-file: yes, types: [alert]}]"u8.ToArray(), minute: 0);
        var alert = Assert.Single(Inspect(null, "-c", configuration), record => record.GetProperty("event_type").GetString() == "alert");
        Assert.Equal(Path.Combine(_root.FullName, "captures", "2"), alert.GetProperty("pcap_filename").GetString());
    }

    [Fact]
    public void What_was_read_is_deleted_where_that_is_asked_for()
    {
        var good = Write("captures/1", CaptureBytes.Of("GET /evil HTTP/1.1\r\nHost: x\r\n\r\n"), minute: 1);
        var notes = Write("captures/2", "notes"u8.ToArray(), minute: 2);
        Assert.NotEmpty(Inspect(null, "--pcap-file-delete"));
        Assert.False(File.Exists(good));
        Assert.True(File.Exists(notes));
    }

    private List<JsonElement> Inspect(StringWriter? said = null, params string[] more)
    {
        var rules = Path.Combine(_root.FullName, "test.rules");
        File.WriteAllText(rules, Evil);
        var logs = Path.Combine(_root.FullName, "logs");
        using var nowhere = new StringWriter();
        Assert.Equal(0, InspectCommand.Run(["-r", Path.Combine(_root.FullName, "captures"), "-S", rules, "-l", logs, "-k", "none", "-q", .. more], said ?? nowhere));
        return [.. File.ReadLines(Path.Combine(logs, "eve.json")).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    private List<string> Names(CaptureFiles captures) => [.. captures.All(TimeProvider.System, TestContext.Current.CancellationToken).Select(file => Path.GetRelativePath(_root.FullName, file))];

    private string Write(string name, byte[] bytes, int minute) => Write(name, bytes, s_start.AddMinutes(minute));

    private string Write(string name, byte[] bytes, DateTime time)
    {
        var file = Path.Combine(_root.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, bytes);
        File.SetLastWriteTimeUtc(file, time);
        return file;
    }
}
