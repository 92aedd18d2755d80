using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Demilune.Node.Interfaces;

/// <summary>Plugs interfaces into the node's Open vSwitch by its database (RFC 7047), as Nova does for a virtual machine. Each call is a connection of its own.</summary>
/// <param name="socket">The database's socket, usually /run/openvswitch/db.sock.</param>
internal sealed class OpenVSwitch(string socket)
{
    private const string Database = "Open_vSwitch";

    /// <summary>A switch that does not answer must not hold up the agent for longer than a runtime waits.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>Answers are of a few rows.</summary>
    private const int MaxAnswerBytes = 1 << 20;

    /// <summary>Makes the interface a port of the bridge, and says which port of Neutron it is: by that its agent knows it. Twice is once.</summary>
    /// <exception cref="IOException">No switch, no such bridge, or it refused.</exception>
    public void Plug(string hostInterface, string bridge, string portId, string mac)
    {
        var identity = new JsonArray("map", new JsonArray(
            new JsonArray("iface-id", portId), new JsonArray("attached-mac", mac), new JsonArray("iface-status", "active")));
        if (Find(hostInterface) is not null)
        {
            Transact($"update {hostInterface}", new JsonObject
            {
                ["op"] = "update", ["table"] = "Interface", ["where"] = Named(hostInterface), ["row"] = new JsonObject { ["external_ids"] = identity },
            });
            return;
        }
        var answer = Transact(
            $"plug {hostInterface} into {bridge}",
            new JsonObject
            {
                ["op"] = "insert", ["table"] = "Interface", ["uuid-name"] = "plugged",
                ["row"] = new JsonObject { ["name"] = hostInterface, ["external_ids"] = identity },
            },
            new JsonObject
            {
                ["op"] = "insert", ["table"] = "Port", ["uuid-name"] = "port",
                ["row"] = new JsonObject { ["name"] = hostInterface, ["interfaces"] = new JsonArray("named-uuid", "plugged") },
            },
            new JsonObject
            {
                ["op"] = "mutate", ["table"] = "Bridge", ["where"] = Named(bridge),
                ["mutations"] = new JsonArray(new JsonArray("ports", "insert", new JsonArray("set", new JsonArray(new JsonArray("named-uuid", "port"))))),
            });
        if (Member(answer, 2, "count").GetRawText() == "0")
            throw new IOException($"plug {hostInterface} into {bridge}: {socket} has no such bridge; does neutron-openvswitch-agent run on this node?");
    }

    /// <summary>Takes the interface out of its bridge. Does nothing if it is in none.</summary>
    /// <exception cref="IOException">No switch, or it refused.</exception>
    public void Unplug(string hostInterface)
    {
        if (Find(hostInterface) is not { } port) return;
        var set = new JsonArray("set", new JsonArray(new JsonArray("uuid", port)));
        Transact($"unplug {hostInterface}", new JsonObject
        {
            ["op"] = "mutate", ["table"] = "Bridge", ["where"] = new JsonArray(new JsonArray("ports", "includes", set)),
            ["mutations"] = new JsonArray(new JsonArray("ports", "delete", set.DeepClone())),
        });
    }

    /// <returns>The id of the port's row; null: none.</returns>
    private string? Find(string name)
    {
        var rows = Member(Transact($"find {name}", new JsonObject
        {
            ["op"] = "select", ["table"] = "Port", ["where"] = Named(name), ["columns"] = new JsonArray("_uuid"),
        }), 0, "rows");
        if (rows.ValueKind != JsonValueKind.Array || rows.GetArrayLength() == 0) return null;
        return rows[0].TryGetProperty("_uuid", out var id) && id is { ValueKind: JsonValueKind.Array } && id.GetArrayLength() == 2
            ? id[1].GetString() : throw Strange("a row without _uuid");
    }

    private JsonElement Member(JsonElement result, int operation, string name) =>
        result.GetArrayLength() > operation && result[operation] is { ValueKind: JsonValueKind.Object } one && one.TryGetProperty(name, out var member)
            ? member : throw Strange($"result {operation} has no \"{name}\"");

    private IOException Strange(string what, Exception? cause = null) => new($"{socket} does not answer as an Open vSwitch database: {what}", cause);

    private static JsonArray Named(string name) => new(new JsonArray("name", "==", name));

    /// <returns>One result per operation.</returns>
    private JsonElement Transact(string what, params JsonObject[] operations)
    {
        try
        {
            using var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            connection.SendTimeout = connection.ReceiveTimeout = (int)Timeout.TotalMilliseconds;
            connection.Connect(new UnixDomainSocketEndPoint(socket));
            var request = new JsonObject { ["method"] = "transact", ["params"] = new JsonArray([Database, .. operations]), ["id"] = 1 };
            connection.Send(JsonSerializer.SerializeToUtf8Bytes((JsonNode)request));
            var answer = Receive(connection);
            if (answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty("result", out var result) || result.ValueKind != JsonValueKind.Array)
                throw Strange($"no result, but {answer.GetRawText()}");
            foreach (var one in result.EnumerateArray())
                if (one.ValueKind == JsonValueKind.Object && one.TryGetProperty("error", out var error))
                    throw new IOException($"{what}: Open vSwitch refused: {error.GetString()} {(one.TryGetProperty("details", out var details) ? details.GetString() : "")}");
            return result;
        }
        catch (SocketException failure)
        {
            throw new IOException($"{what}: {socket}: {failure.Message} (is Open vSwitch running, and its run directory mounted? --ovsdb names the socket)", failure);
        }
        catch (JsonException failure)
        {
            throw Strange(failure.Message, failure);
        }
    }

    /// <summary>Messages follow each other without a separator: one ends where its JSON does.</summary>
    private static JsonElement Receive(Socket connection)
    {
        var buffer = new byte[16 << 10];
        for (var length = 0; ;)
        {
            if (length == buffer.Length)
            {
                if (length >= MaxAnswerBytes) throw new JsonException($"the answer is longer than {MaxAnswerBytes} bytes");
                Array.Resize(ref buffer, length * 2);
            }
            var read = connection.Receive(buffer.AsSpan(length));
            if (read == 0) throw new JsonException("it closed the connection");
            length += read;
            var reader = new Utf8JsonReader(buffer.AsSpan(0, length), isFinalBlock: false, default);
            if (!JsonDocument.TryParseValue(ref reader, out var document)) continue;
            using (document) return document.RootElement.Clone();
        }
    }
}
