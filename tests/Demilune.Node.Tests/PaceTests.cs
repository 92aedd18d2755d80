using Demilune.Contracts.Nodes;
using Demilune.Node.Attachments;
using Microsoft.Extensions.Logging.Abstractions;

namespace Demilune.Node.Tests;

/// <summary>Which engines can keep a short deadline changes; the agent tells the kernel when it does, and only then.</summary>
public sealed class PaceTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("demilune-pace").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void The_kernel_is_told_once_and_not_before_there_is_a_state()
    {
        var kernel = new KernelInMemory();
        using var agent = new Agent(kernel, new AttachmentStore(_directory), null, NullLogger.Instance);
        agent.ReceivePace(["uid"]);
        Assert.Empty(kernel.Applied);
        agent.Receive(new NodeState { Revision = 1 });
        Assert.Equal(["uid"], kernel.Hurrying);
        agent.ReceivePace(["uid"]);
        Assert.Single(kernel.Applied);
        agent.ReceivePace([]);
        Assert.Equal(2, kernel.Applied.Count);
        Assert.Empty(kernel.Hurrying);
    }
}
