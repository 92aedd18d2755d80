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
            Assert.Equal(["from_agent", "from_firewall", "from_overlay", "from_pod", "to_overlay", "to_pod"], collection.Programs.Keys.Order());
            // It refuses more than a million; another kernel's verifier may walk somewhat further.
            foreach (var (name, program) in collection.Programs)
            {
                TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {program.VerifiedInstructions:n0}");
                Assert.InRange(program.VerifiedInstructions, 1, 900_000);
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
