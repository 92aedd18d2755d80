using System.Text;
using CsCheck;
using Demilune.Local.Node.Logs;
using Demilune.Local.Pods;

namespace Demilune.Local.Tests.Node.Logs;

public sealed class ContainerLogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("localnode-log-").FullName;

    private string Log => Path.Combine(_folder, "0.log");

    [Fact]
    public async Task Parts_of_a_line_are_joined_and_stamped_once()
    {
        File.WriteAllText(Log, "2026-01-01T00:00:00.1+00:00 stdout P half \n2026-01-01T00:00:00.2+00:00 stdout F whole\n2026-01-01T00:00:01+00:00 stderr F next\n");
        Assert.Equal("half whole\nnext\n", await ReadAsync(new LogRequest()));
        Assert.Equal("2026-01-01T00:00:00.1+00:00 half whole\n2026-01-01T00:00:01+00:00 next\n", await ReadAsync(new LogRequest(Timestamps: true)));
    }

    [Fact]
    public async Task Tail_since_and_limit_choose_lines()
    {
        File.WriteAllText(Log + ".1", Lines(0, 5));
        File.WriteAllText(Log, Lines(5, 5));
        Assert.Equal("8\n9\n", await ReadAsync(new LogRequest(TailLines: 2)));
        Assert.Equal("3\n4\n5\n6\n7\n8\n9\n", await ReadAsync(new LogRequest(TailLines: 7)));
        Assert.Equal("", await ReadAsync(new LogRequest(TailLines: 0)));
        Assert.Equal("7\n8\n9\n", await ReadAsync(new LogRequest(Since: new DateTimeOffset(2026, 1, 1, 0, 0, 7, TimeSpan.Zero))));
        Assert.Equal("0\n1", await ReadAsync(new LogRequest(LimitBytes: 3)));
    }

    [Fact]
    public async Task Following_sees_what_is_written_later_across_a_rotation_until_the_end()
    {
        File.WriteAllText(Log, Lines(0, 2));
        var ended = false;
        var output = new MemoryStream();
        var following = ContainerLog.CopyAsync(Log, new LogRequest(Follow: true), output, () => Volatile.Read(ref ended), TestContext.Current.CancellationToken);
        File.AppendAllText(Log, Lines(2, 2));
        await Task.Delay(500, TestContext.Current.CancellationToken);
        await LogRotation.RotateAsync(Log, () => File.WriteAllTextAsync(Log, Lines(4, 1)), maxBytes: 1);
        await Task.Delay(500, TestContext.Current.CancellationToken);
        File.AppendAllText(Log, Lines(5, 1));
        Volatile.Write(ref ended, true);
        await following;
        Assert.Equal("0\n1\n2\n3\n4\n5\n", Encoding.UTF8.GetString(output.ToArray()));
    }

    [Fact]
    public void No_line_throws() => Gen.String.Sample(text => !LogLine.TryParse(Encoding.UTF8.GetBytes(text), out var line) || line.Text.Length < text.Length * 4);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<string> ReadAsync(LogRequest request)
    {
        var output = new MemoryStream();
        await ContainerLog.CopyAsync(Log, request, output, () => true, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(output.ToArray());
    }

    private static string Lines(int first, int count) => string.Concat(Enumerable.Range(first, count).Select(i => $"2026-01-01T00:00:0{i}+00:00 stdout F {i}\n"));
}
