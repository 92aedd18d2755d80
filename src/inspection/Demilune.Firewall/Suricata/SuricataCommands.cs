using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Demilune.Firewall.Suricata;

/// <summary>Suricata's command socket (protocol 0.2): a JSON object a line, an answer to each before the next.</summary>
internal sealed class SuricataCommands : IDisposable
{
    /// <summary>Loading tens of thousands of rules takes a minute on a busy node. Longer than this it hangs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly SemaphoreSlim _turn = new(1);
    private StreamReader? _answers;

    /// <exception cref="IOException">It does not answer as Suricata does.</exception>
    /// <exception cref="SocketException">Nobody listens there.</exception>
    public async Task ConnectAsync(string path, CancellationToken stop)
    {
        await _socket.ConnectAsync(new UnixDomainSocketEndPoint(path), stop);
        _answers = new StreamReader(new NetworkStream(_socket));
        await AskAsync(new JsonObject { ["version"] = "0.2" }, stop);
    }

    /// <returns>Its message.</returns>
    /// <exception cref="IOException">It refused, or is gone; the message has its words.</exception>
    public Task<JsonNode?> RunAsync(string command, CancellationToken stop, params ReadOnlySpan<(string Name, JsonNode Value)> arguments)
    {
        var request = new JsonObject { ["command"] = command };
        if (!arguments.IsEmpty)
        {
            var given = new JsonObject();
            foreach (var (name, value) in arguments) given[name] = value;
            request["arguments"] = given;
        }
        return AskAsync(request, stop);
    }

    public void Dispose()
    {
        _answers?.Dispose();
        _socket.Dispose();
        _turn.Dispose();
    }

    private async Task<JsonNode?> AskAsync(JsonObject request, CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(Patience);
        await _turn.WaitAsync(patience.Token);
        try
        {
            await _socket.SendAsync(System.Text.Encoding.UTF8.GetBytes(request.ToJsonString() + "\n"), patience.Token);
            var line = await _answers!.ReadLineAsync(patience.Token) ?? throw new IOException("Suricata closed its command socket");
            var answer = JsonNode.Parse(line)!;
            return (string?)answer["return"] == "OK" ? answer["message"] : throw new IOException($"Suricata refused {request["command"]}: {answer["message"]}");
        }
        catch (Exception error) when (error is SocketException or JsonException)
        {
            throw new IOException($"Suricata's command socket: {error.Message}", error);
        }
        finally
        {
            _turn.Release();
        }
    }
}
