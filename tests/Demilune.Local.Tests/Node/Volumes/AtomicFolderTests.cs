using Demilune.Local.Node;
using Demilune.Local.Node.Probes;
using Demilune.Local.Node.Volumes;
using k8s.Models;

namespace Demilune.Local.Tests.Node.Volumes;

public sealed class AtomicFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("localnode-volume-").FullName;

    [Fact]
    public async Task A_change_replaces_all_files_at_once_and_leaves_no_old_ones()
    {
        Assert.True(await AtomicFolder.WriteAsync(_folder, [new ProjectedFile("a", "1"u8.ToArray(), 420), new ProjectedFile("deep/b", "2"u8.ToArray(), 420)], TestContext.Current.CancellationToken));
        Assert.False(await AtomicFolder.WriteAsync(_folder, [new ProjectedFile("a", "1"u8.ToArray(), 420), new ProjectedFile("deep/b", "2"u8.ToArray(), 420)], TestContext.Current.CancellationToken));
        Assert.True(await AtomicFolder.WriteAsync(_folder, [new ProjectedFile("a", "3"u8.ToArray(), 420)], TestContext.Current.CancellationToken));
        Assert.Equal("3", File.ReadAllText(Path.Combine(_folder, "a")));
        Assert.Equal(["..data", "a"], Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName).Where(name => name is "..data" || !name!.StartsWith("..", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Equal(3, Directory.GetFileSystemEntries(_folder).Length);
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("/x")]
    [InlineData("a/../../x")]
    [InlineData("..data")]
    [InlineData("")]
    public void A_path_that_would_leave_is_refused(string path) =>
        Assert.Throws<NodeException>(() => Projection.ConfigMap(
            new V1ConfigMap { Data = new Dictionary<string, string> { ["k"] = "v" } }, "m", [new V1KeyToPath { Key = "k", Path = path }], false, 420).ToList());

    [Fact]
    public void A_probe_changes_its_mind_after_its_thresholds()
    {
        var probe = new V1Probe { FailureThreshold = 3, SuccessThreshold = 2 };
        var state = new ProbeState(true);
        foreach (var (success, healthy) in ((bool, bool)[])[(false, true), (false, true), (true, true), (false, true), (false, true), (false, false), (true, false), (false, false), (true, false), (true, true)])
        {
            state = state.Next(success, probe);
            Assert.Equal(healthy, state.Healthy);
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
