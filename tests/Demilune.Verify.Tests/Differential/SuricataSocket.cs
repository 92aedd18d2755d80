using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Demilune.Verify.Tests.Differential;

/// <summary>A Suricata that loads its rules once and reads one capture after the other, each as if it were the only one (its "unix socket mode").</summary>
internal sealed class SuricataSocket : IDisposable
{
    private readonly Process _process;
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly byte[] _received = new byte[1 << 16];

    private SuricataSocket(Process process) => _process = process;

    /// <param name="command">Runs Suricata 7.</param>
    /// <param name="directory">Gets its socket and its own log.</param>
    public static async Task<SuricataSocket> StartAsync(string command, string configuration, string rules, string directory, CancellationToken stop)
    {
        var path = Path.Combine(directory, "command.socket");
        var start = new ProcessStartInfo(command, ["--unix-socket=" + path, "-c", configuration, "-S", rules, "-k", "none", "-l", directory, "--runmode=single"])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        var made = new SuricataSocket(Process.Start(start) ?? throw new InvalidOperationException($"{command} does not start"));
        made._process.OutputDataReceived += (_, _) => { };
        made._process.ErrorDataReceived += (_, _) => { };
        made._process.BeginOutputReadLine();
        made._process.BeginErrorReadLine();
        try
        {
            while (true)
            {
                if (made._process.HasExited) throw new InvalidOperationException($"{command} ended with {made._process.ExitCode}");
                try
                {
                    await made._socket.ConnectAsync(new UnixDomainSocketEndPoint(path), stop);
                    break;
                }
                catch (SocketException)
                {
                    await Task.Delay(200, stop);        // it listens once all rules are loaded
                }
            }
            await made.AskAsync(new JsonObject { ["version"] = "0.2" }, stop);
            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    /// <summary>Reads all of them; each writes its eve.json into a directory of its own.</summary>
    public async Task ReadAsync(IEnumerable<(string Capture, string Output)> captures, CancellationToken stop)
    {
        foreach (var (capture, output) in captures)
        {
            Directory.CreateDirectory(output);
            await AskAsync(new JsonObject { ["command"] = "pcap-file", ["arguments"] = new JsonObject { ["output-dir"] = output, ["filename"] = capture } }, stop);
        }
        while ((int?)await AskAsync(new JsonObject { ["command"] = "pcap-file-number" }, stop) != 0
               || (string?)await AskAsync(new JsonObject { ["command"] = "pcap-current" }, stop) != "None")
            await Task.Delay(200, stop);
    }

    public void Dispose()
    {
        _socket.Dispose();
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    /// <returns>Its answer's message.</returns>
    private async Task<JsonNode?> AskAsync(JsonObject question, CancellationToken stop)
    {
        await _socket.SendAsync(Encoding.UTF8.GetBytes(question.ToJsonString() + "\n"), stop);
        var answer = new StringBuilder();
        while (true)
        {
            var count = await _socket.ReceiveAsync(_received, stop);
            if (count == 0) throw new IOException("Suricata has hung up");
            answer.Append(Encoding.UTF8.GetString(_received, 0, count));
            JsonNode parsed;
            try
            {
                parsed = JsonNode.Parse(answer.ToString())!;
            }
            catch (JsonException)
            {
                continue;       // there is more to come
            }
            return (string?)parsed["return"] == "OK" ? parsed["message"] : throw new IOException($"Suricata refuses {question}: {parsed}");
        }
    }
}
