using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Demilune.Cni.Tests;

/// <summary>The plugin against a node agent of a few lines: what goes over the socket, and what comes out.</summary>
public sealed class PluginTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("demilune-cni").FullName;

    private string AgentSocketPath => Path.Combine(_directory, "cni.sock");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Version_needs_nothing_and_names_every_supported_version()
    {
        var (exit, output) = Run(new() { ["CNI_COMMAND"] = "VERSION" }, "");
        Assert.Equal(0, exit);
        Assert.Equal("1.1.0", output.GetProperty("cniVersion").GetString());
        Assert.Equal(["0.3.1", "0.4.0", "1.0.0", "1.1.0"], output.GetProperty("supportedVersions").EnumerateArray().Select(v => v.GetString()));
    }

    [Theory]
    [InlineData("ADD", "CNI_CONTAINERID")]
    [InlineData("ADD", "CNI_NETNS")]
    [InlineData("ADD", "CNI_IFNAME")]
    [InlineData("DEL", "CNI_CONTAINERID")]
    [InlineData("CHECK", "CNI_NETNS")]
    public void A_missing_variable_is_error_4_and_named(string command, string missing)
    {
        var environment = Complete(command);
        environment.Remove(missing);
        var (exit, output) = Run(environment, Config());
        Assert.Equal(1, exit);
        Assert.Equal(4, output.GetProperty("code").GetInt32());
        Assert.Contains(missing, output.GetProperty("msg").GetString());
    }

    [Theory]
    [InlineData("", 6)]
    [InlineData("[]", 6)]
    [InlineData("{\"cniVersion\":\"1.1.0\"", 6)]
    [InlineData("{\"cniVersion\":7}", 7)]
    [InlineData("{\"cniVersion\":\"9.9.9\"}", 1)]
    [InlineData("{}", 1)]
    public void A_configuration_that_cannot_be_used_is_a_typed_error(string config, int code)
    {
        var (exit, output) = Run(Complete("ADD"), config);
        Assert.Equal(1, exit);
        Assert.Equal(code, output.GetProperty("code").GetInt32());
        Assert.NotEqual("", output.GetProperty("details").GetString());
    }

    [Fact]
    public void Add_without_an_agent_asks_the_runtime_to_try_again()
    {
        var (exit, output) = Run(Complete("ADD"), Config());
        Assert.Equal(1, exit);
        Assert.Equal(11, output.GetProperty("code").GetInt32());
        Assert.Contains("demilune-node", output.GetProperty("details").GetString());
    }

    [Fact]
    public void Del_without_an_agent_succeeds()
    {
        var (exit, output) = Run(Complete("DEL"), Config());
        Assert.Equal(0, exit);
        Assert.Equal(JsonValueKind.Undefined, output.ValueKind);
    }

    [Fact]
    public async Task The_agent_is_asked_with_all_that_the_runtime_said_and_its_result_is_printed()
    {
        var heard = Answer("""{"result":{"cniVersion":"1.0.0","ips":[{"address":"10.0.0.5/32"}]}}""");
        var (exit, output) = Run(Complete("ADD"), Config("1.0.0"));
        Assert.Equal(0, exit);
        Assert.Equal("10.0.0.5/32", output.GetProperty("ips")[0].GetProperty("address").GetString());
        var request = JsonDocument.Parse(await heard).RootElement;
        Assert.Equal("ADD", request.GetProperty("command").GetString());
        Assert.Equal("c1", request.GetProperty("containerId").GetString());
        Assert.Equal("/run/netns/x", request.GetProperty("netns").GetString());
        Assert.Equal("eth0", request.GetProperty("ifName").GetString());
        Assert.Equal("K8S_POD_UID=u", request.GetProperty("args").GetString());
        Assert.Equal("demilune", request.GetProperty("config").GetProperty("name").GetString());
    }

    [Fact]
    public async Task An_error_of_the_agent_is_printed_in_the_version_of_the_configuration()
    {
        var heard = Answer("""{"error":{"code":11,"msg":"no port","details":"wait"}}""");
        var (exit, output) = Run(Complete("ADD"), Config("0.4.0"));
        await heard;
        Assert.Equal(1, exit);
        Assert.Equal("0.4.0", output.GetProperty("cniVersion").GetString());
        Assert.Equal("no port", output.GetProperty("msg").GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("not json\n")]
    [InlineData("null-without-end")]
    public async Task An_agent_that_answers_nonsense_is_an_error_not_a_crash(string answer)
    {
        var heard = Answer(answer, newline: false);
        var (exit, output) = Run(Complete("ADD"), Config());
        await heard;
        Assert.Equal(1, exit);
        Assert.True(output.GetProperty("code").GetInt32() > 0);
    }

    private static Dictionary<string, string> Complete(string command) => new()
    {
        ["CNI_COMMAND"] = command,
        ["CNI_CONTAINERID"] = "c1",
        ["CNI_NETNS"] = "/run/netns/x",
        ["CNI_IFNAME"] = "eth0",
        ["CNI_ARGS"] = "K8S_POD_UID=u",
    };

    private string Config(string version = "1.1.0") =>
        $$"""{"cniVersion":"{{version}}","name":"demilune","type":"demilune-cni","agentSocket":"{{AgentSocketPath}}"}""";

    private static (int Exit, JsonElement Output) Run(Dictionary<string, string> environment, string config)
    {
        using var output = new MemoryStream();
        using var input = new MemoryStream(Encoding.UTF8.GetBytes(config));
        var exit = Plugin.Run(environment.GetValueOrDefault, input, output, TextWriter.Null);
        return (exit, output.Length == 0 ? default : JsonDocument.Parse(output.ToArray()).RootElement);
    }

    private Task<string> Answer(string answer, bool newline = true)
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(AgentSocketPath));
        listener.Listen();
        return Task.Run(async () =>
        {
            using (listener)
            {
                using var connection = await listener.AcceptAsync();
                await using var stream = new NetworkStream(connection);
                using var reader = new StreamReader(stream);
                var line = await reader.ReadLineAsync() ?? "";
                await stream.WriteAsync(Encoding.UTF8.GetBytes(newline ? answer + "\n" : answer));
                return line;
            }
        });
    }
}
