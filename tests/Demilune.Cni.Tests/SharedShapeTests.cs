using System.Text.Json;
using Demilune.Contracts.Cni;

namespace Demilune.Cni.Tests;

/// <summary>The plugin has its own copy of two shapes, so that it stays small; here they are held against the contract.</summary>
public sealed class SharedShapeTests
{
    [Fact]
    public void The_agent_reads_what_the_plugin_writes()
    {
        var config = JsonDocument.Parse("""{"name":"demilune"}""").RootElement;
        var written = JsonSerializer.Serialize(new Request("ADD", "c", "/n", "eth0", "A=1", config), MessagesJson.Default.Request);
        var read = JsonSerializer.Deserialize(written, CniJson.Default.CniRequest)!;
        Assert.Equal(("ADD", "c", "/n", "eth0", "A=1"), (read.Command, read.ContainerId, read.Netns, read.IfName, read.Args));
        Assert.Equal("demilune", read.Config.GetProperty("name").GetString());
    }

    [Fact]
    public void The_plugin_reads_what_the_agent_writes()
    {
        var result = JsonDocument.Parse("""{"ips":[]}""").RootElement;
        var read = JsonSerializer.Deserialize(JsonSerializer.Serialize(new CniReply(result, null), CniJson.Default.CniReply), MessagesJson.Default.Reply)!;
        Assert.True(read.Result.HasValue && read.Error is null);
        read = JsonSerializer.Deserialize(JsonSerializer.Serialize(new CniReply(null, new(11, "m", "d")), CniJson.Default.CniReply), MessagesJson.Default.Reply)!;
        Assert.Equal(new ReplyError(11, "m", "d"), read.Error);
    }
}
