using Demilune.Local.Node;
using Demilune.Local.Node.Cni;

namespace Demilune.Local.Tests.Node.Cni;

/// <summary>What CNI 1.1 asks of a runtime, word for word.</summary>
public sealed class CniRuntimeTests : IDisposable
{
    private static readonly CniPod Pod = new("sandbox1", "/run/netns/x", "shop", "web", "uid-1");

    private readonly string _folder = Directory.CreateTempSubdirectory("localnode-cni-").FullName;

    [Fact]
    public async Task A_plugin_gets_exactly_the_environment_of_the_specification()
    {
        var plugin = new FakePlugin(_folder);
        await AddAsync("fake");
        var environment = plugin.Calls.Single().Environment;
        Assert.Equal("ADD", environment["CNI_COMMAND"]);
        Assert.Equal("sandbox1", environment["CNI_CONTAINERID"]);
        Assert.Equal("/run/netns/x", environment["CNI_NETNS"]);
        Assert.Equal("eth0", environment["CNI_IFNAME"]);
        Assert.Equal(_folder, environment["CNI_PATH"]);
        Assert.Equal(["IgnoreUnknown=1", "K8S_POD_NAMESPACE=shop", "K8S_POD_NAME=web", "K8S_POD_INFRA_CONTAINER_ID=sandbox1", "K8S_POD_UID=uid-1"], environment["CNI_ARGS"].Split(';'));
        Assert.Empty(environment.Keys.Except(["CNI_COMMAND", "CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH", "CNI_ARGS", "PATH", "PWD", "_", "SHLVL", "OLDPWD"]));
    }

    [Fact]
    public async Task A_chain_hands_results_forward_and_is_undone_backwards()
    {
        var first = new FakePlugin(_folder, "first");
        var second = new FakePlugin(_folder, "second", onAdd: """echo '{"cniVersion":"1.1.0","ips":[{"address":"10.0.0.2/32"}]}'""");
        FakePlugin.WriteNetwork(_folder, "first", "second");
        var (runtime, network) = (new CniRuntime([_folder]), CniNetwork.Load(_folder));
        var result = await runtime.AddAsync(network, Pod, TestContext.Current.CancellationToken);
        Assert.Equal(["10.0.0.2"], CniRuntime.Addresses(result));
        var input = first.Calls[0].Input;
        Assert.Equal(("1.1.0", "test-net", "first", "first-setting"), ((string)input["cniVersion"]!, (string)input["name"]!, (string)input["type"]!, (string)input["own"]!));
        Assert.Null(input["prevResult"]);
        Assert.Null(input["capabilities"]);
        Assert.Equal("10.9.8.7/24", (string)second.Calls[0].Input["prevResult"]!["ips"]![0]!["address"]!);

        await runtime.DeleteAsync(network, Pod, result, TestContext.Current.CancellationToken);
        Assert.Equal(["ADD", "DEL"], first.Commands);
        Assert.All([first, second], plugin => Assert.Equal("10.0.0.2/32", (string)plugin.Calls[1].Input["prevResult"]!["ips"]![0]!["address"]!));
    }

    [Fact]
    public async Task The_plugins_own_words_are_the_error()
    {
        _ = new FakePlugin(_folder, onAdd: """echo '{"cniVersion":"1.1.0","code":11,"msg":"no controller yet","details":"ask later"}'; exit 1""");
        var error = await Assert.ThrowsAsync<NodeException>(() => AddAsync("fake"));
        Assert.Equal("CNI ADD of plugin fake (network test-net): no controller yet: ask later (code 11)", error.Message);
    }

    [Theory]
    [InlineData("echo rubbish", "printed no valid result")]
    [InlineData("echo oops >&2; exit 3", "oops")]
    [InlineData("echo '{\"cniVersion\":\"1.1.0\"}'", "no address")]
    public async Task Whatever_it_prints_the_error_says_what_is_wrong(string onAdd, string expected)
    {
        _ = new FakePlugin(_folder, onAdd: onAdd);
        var error = await Assert.ThrowsAsync<NodeException>(async () => CniRuntime.Addresses(await AddAsync("fake")));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plugin_that_is_not_there_is_named_with_the_folders()
    {
        var error = await Assert.ThrowsAsync<NodeException>(() => AddAsync("none"));
        Assert.Contains($"plugin none (network test-net): not found in {_folder}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"name\":\"x\",\"plugins\":[{\"type\":\"../../bin/sh\"}]}")]
    [InlineData("{\"name\":\"x\",\"plugins\":[]}")]
    [InlineData("{\"name\":5,\"plugins\":[{\"type\":\"a\"}]}")]
    [InlineData("not json")]
    public void A_broken_configuration_is_passed_over(string text)
    {
        Assert.False(CniNetwork.TryParse(text, out _, out var fault));
        Assert.NotEmpty(fault!);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Task<System.Text.Json.Nodes.JsonNode> AddAsync(string plugin)
    {
        FakePlugin.WriteNetwork(_folder, plugin);
        return new CniRuntime([_folder]).AddAsync(CniNetwork.Load(_folder), Pod, TestContext.Current.CancellationToken);
    }
}
