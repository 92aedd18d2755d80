using System.Text.Json.Nodes;
using Demilune.Node.CniServer;

namespace Demilune.Node.Tests;

public sealed class CniInstallationTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("cni-installation-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_runtime_finds_an_executable_plugin_and_a_configuration_that_names_it_and_the_agent()
    {
        var installation = Installation();
        installation.Install("/run/x/cni.sock");
        var plugin = Path.Combine(_root, "bin", "demilune-cni");
        Assert.Equal("v1", File.ReadAllText(plugin));
        Assert.True(File.GetUnixFileMode(plugin).HasFlag(UnixFileMode.OtherExecute));
        var bytes = File.ReadAllBytes(Assert.Single(Directory.GetFiles(Path.Combine(_root, "net.d"))));
        Assert.Equal((byte)'{', bytes[0]);      // a byte order mark is no JSON to a Go program
        var list = JsonNode.Parse(bytes)!;
        // containerd 1.7 refuses configurations newer than 1.0.0.
        Assert.Equal("1.0.0", (string?)list["cniVersion"]);
        Assert.Equal("demilune-cni", (string?)list["plugins"]![0]!["type"]);
        Assert.Equal("/run/x/cni.sock", (string?)list["plugins"]![0]!["agentSocket"]);
    }

    [Fact]
    public void A_newer_plugin_replaces_one_that_is_running()
    {
        var installation = Installation();
        installation.Install("/run/x/cni.sock");
        using var running = File.Open(Path.Combine(_root, "bin", "demilune-cni"), FileMode.Open, FileAccess.Read, FileShare.None);
        File.WriteAllText(installation.Plugin, "v2");
        installation.Install("/run/x/cni.sock");
        Assert.Equal("v2", File.ReadAllText(Path.Combine(_root, "bin", "demilune-cni")));
    }

    [Fact]
    public void Uninstalling_leaves_what_others_have_put_there_and_may_be_repeated()
    {
        var installation = Installation();
        installation.Install("/run/x/cni.sock");
        var foreign = Path.Combine(_root, "net.d", "10-other.conflist");
        File.WriteAllText(foreign, "{}");
        installation.Remove();
        installation.Remove();
        Assert.Equal([foreign], Directory.GetFiles(_root, "*", SearchOption.AllDirectories).Except([installation.Plugin]));
    }

    private CniInstallation Installation()
    {
        var plugin = Path.Combine(_root, "demilune-cni");
        File.WriteAllText(plugin, "v1");
        return new(plugin, Path.Combine(_root, "bin"), Path.Combine(_root, "net.d"));
    }
}
