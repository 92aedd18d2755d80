using Demilune.Controller.Events;
using Microsoft.Extensions.Logging.Abstractions;

namespace Demilune.Controller.Tests.Events;

public sealed class EveFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("eve-file-").FullName;

    [Fact]
    public async Task A_full_file_makes_room_and_keeps_its_predecessor()
    {
        var path = Path.Combine(_directory, "eve.json");
        using var file = new EveFile(path, maxBytes: 10, NullLogger<EveFile>.Instance);
        await file.StartAsync(CancellationToken.None);
        foreach (var line in (string[])["first-line", "second-line", "third-line"])
        {
            file.Append(line);
            await UntilAsync(() => Read(path).EndsWith(line + "\n", StringComparison.Ordinal));
        }
        Assert.Equal("third-line\n", Read(path));
        Assert.Equal("second-line\n", Read(path + ".1"));
        await file.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task What_came_before_the_end_is_written()
    {
        var path = Path.Combine(_directory, "eve.json");
        using var file = new EveFile(path, maxBytes: 1 << 20, NullLogger<EveFile>.Instance);
        await file.StartAsync(CancellationToken.None);
        for (var i = 0; i < 5_000; i++) file.Append("line");
        await file.StopAsync(CancellationToken.None);
        Assert.Equal(5_000, Read(path).Split('\n').Length - 1);
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_costs_lines_and_nothing_else()
    {
        var path = Path.Combine(_directory, "absent", "eve.json");
        using var file = new EveFile(path, maxBytes: 10, NullLogger<EveFile>.Instance);
        await file.StartAsync(CancellationToken.None);
        file.Append("lost");
        await UntilAsync(() => file.Lost == 1);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        file.Append("kept");
        await UntilAsync(() => Read(path) == "kept\n");
        await file.StopAsync(CancellationToken.None);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>As a tailing tool reads: beside the writer.</summary>
    internal static string Read(string path)
    {
        if (!File.Exists(path)) return "";
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static async Task UntilAsync(Func<bool> wanted)
    {
        for (var end = DateTime.UtcNow + TimeSpan.FromSeconds(30); !wanted(); await Task.Delay(5)) Assert.True(DateTime.UtcNow < end);
    }
}
