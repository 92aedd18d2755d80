using Demilune.Linux.Bpf;

namespace Demilune.Linux.Tests.Bpf;

public sealed class LoadTests
{
    [Fact]
    public void The_verifier_accepts_the_splice()
    {
        Assert.SkipUnless(Environment.UserName == "root", "loading eBPF needs root");
        var directory = $"/sys/fs/bpf/splice-test-{Guid.NewGuid():n}";
        BpfFileSystem.Prepare(directory);
        try
        {
            var spec = BpfObjectSpec.Parse(File.ReadAllBytes(SpliceObject.Path));
            using var collection = BpfCollection.Load(spec, directory);
            Assert.Equal(["from_firewall", "from_pod", "to_pod"], collection.Programs.Keys.Order());
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
