using System.Text.Json.Nodes;

namespace Demilune.Local.Tests.Node.Cni;

/// <summary>A CNI plugin of a few shell lines: writes down how it was called and does what the test asks.</summary>
internal sealed class FakePlugin
{
    public const string Result = """{"cniVersion":"1.1.0","interfaces":[{"name":"eth0"}],"ips":[{"address":"10.9.8.7/24"},{"address":"fd00::7/64"}]}""";

    private readonly string _calls;

    /// <param name="onAdd">Shell run at ADD; its output is the plugin's.</param>
    public FakePlugin(string folder, string name = "fake", string onAdd = $"echo '{Result}'", string onDelete = "true")
    {
        _calls = Directory.CreateDirectory(Path.Combine(folder, name + ".calls")).FullName;
        var script = Path.Combine(folder, name);
        File.WriteAllText(script, $$"""
            #!/bin/sh
            n=$(ls {{_calls}} | wc -l)
            call={{_calls}}/$(printf %03d $n)
            mkdir $call
            env | sort >$call/env
            cat >$call/stdin
            case $CNI_COMMAND in
            ADD) {{onAdd}} ;;
            DEL) {{onDelete}} ;;
            esac
            """);
        File.SetUnixFileMode(script, (UnixFileMode)0b111_101_101);
    }

    public IReadOnlyList<Call> Calls =>
    [
        .. Directory.GetDirectories(_calls).Order(StringComparer.Ordinal).Select(call => new Call(
            File.ReadAllLines(Path.Combine(call, "env")).Select(line => line.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]),
            JsonNode.Parse(File.ReadAllText(Path.Combine(call, "stdin")))!.AsObject())),
    ];

    public IEnumerable<string> Commands => Calls.Select(call => call.Environment["CNI_COMMAND"]);

    public static void WriteNetwork(string folder, params string[] plugins) => File.WriteAllText(Path.Combine(folder, "10-test.conflist"), new JsonObject
    {
        ["cniVersion"] = "1.1.0",
        ["name"] = "test-net",
        ["plugins"] = new JsonArray([.. plugins.Select(name => new JsonObject { ["type"] = name, ["own"] = name + "-setting", ["capabilities"] = new JsonObject { ["portMappings"] = true } })]),
    }.ToJsonString());

    public sealed record Call(IReadOnlyDictionary<string, string> Environment, JsonObject Input);
}
