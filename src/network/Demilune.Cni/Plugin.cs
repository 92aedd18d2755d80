using System.Text.Json;

namespace Demilune.Cni;

/// <summary>
/// The CNI plugin (specification 1.1): the runtime's environment and standard input in, one JSON document out. All
/// knowledge is the node agent's; the plugin only checks what it was given and says clearly what is wrong.
/// </summary>
internal static class Plugin
{
    private const string Usage = """
        demilune-cni is a CNI plugin: a container runtime starts it, see https://www.cni.dev. It reads CNI_COMMAND (ADD, DEL,
        CHECK, GC, STATUS or VERSION) and its companions from the environment and a network configuration from standard input:

          { "cniVersion": "1.1.0", "name": "demilune", "type": "demilune-cni", "agentSocket": "/run/demilune/cni.sock" }

        agentSocket is where demilune-node listens on this node.
        """;

    /// <returns>0, or 1 with a CNI error object on <paramref name="output"/>.</returns>
    public static int Run(Func<string, string?> environment, Stream input, Stream output, TextWriter log)
    {
        var version = NetworkConfiguration.NewestVersion;
        try
        {
            var command = environment("CNI_COMMAND");
            if (string.IsNullOrEmpty(command))
            {
                log.WriteLine(Usage);
                throw Missing("CNI_COMMAND");
            }

            if (command == "VERSION")
            {
                Write(output, JsonSerializer.SerializeToUtf8Bytes(
                    new(NetworkConfiguration.NewestVersion, NetworkConfiguration.SupportedVersions), MessagesJson.Default.VersionOutput));
                return 0;
            }

            var config = NetworkConfiguration.Read(input);
            version = config.CniVersion;
            var request = Compose(command, environment, config);
            if (command == "DEL" && !File.Exists(config.AgentSocket))
            {
                // The interface dies with its namespace, and the agent forgets the attachment when it starts. Failing here
                // would keep every pod of a node "Terminating" for as long as the agent is away, or for ever after an uninstall.
                log.WriteLine($"demilune-cni: no node agent at {config.AgentSocket}; it will clean up after {request.ContainerId} when it starts");
                return 0;
            }

            var reply = AgentSocket.Ask(config.AgentSocket, request);
            if (reply.Error is { } error) throw new CniException(error.Code, error.Msg, error.Details);
            if (reply.Result is { } result) Write(output, JsonSerializer.SerializeToUtf8Bytes(result, MessagesJson.Default.JsonElement));
            return 0;
        }
        catch (CniException error)
        {
            Write(output, JsonSerializer.SerializeToUtf8Bytes(
                new(version, error.Code, error.Message, error.Details), MessagesJson.Default.ErrorOutput));
            return 1;
        }
    }

    private static Request Compose(string command, Func<string, string?> environment, NetworkConfiguration config)
    {
        string Need(string name) => environment(name) is { Length: > 0 } value ? value : throw Missing(name);
        string May(string name) => environment(name) ?? "";
        return command switch
        {
            "ADD" or "CHECK" => new(command, Need("CNI_CONTAINERID"), Need("CNI_NETNS"), Need("CNI_IFNAME"), May("CNI_ARGS"), config.Whole),
            // "CNI_NETNS" may be gone when DEL comes, and then DEL must still succeed.
            "DEL" => new(command, Need("CNI_CONTAINERID"), May("CNI_NETNS"), Need("CNI_IFNAME"), May("CNI_ARGS"), config.Whole),
            "GC" or "STATUS" => new(command, "", "", "", "", config.Whole),
            _ => throw new CniException(
                CniException.InvalidEnvironment, $"CNI_COMMAND is {command}", "it must be ADD, DEL, CHECK, GC, STATUS or VERSION"),
        };
    }

    private static CniException Missing(string name) =>
        new(CniException.InvalidEnvironment, $"{name} is not set", "a container runtime sets it; see https://www.cni.dev/docs/spec/");

    private static void Write(Stream output, byte[] json)
    {
        output.Write(json);
        output.WriteByte((byte)'\n');
        output.Flush();
    }
}
