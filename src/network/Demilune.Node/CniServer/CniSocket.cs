using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Demilune.Contracts.Cni;

namespace Demilune.Node.CniServer;

/// <summary>Where the CNI plugin knocks: a Unix socket, one JSON line each way, one request per connection.</summary>
internal sealed class CniSocket : IDisposable
{
    /// <summary>A request is an environment and a network configuration; the plugin refuses larger ones too.</summary>
    public const int MaxRequestBytes = 2 << 20;

    private readonly Socket _listener;
    private readonly Func<CniRequest, CancellationToken, Task<CniReply>> _answer;

    /// <exception cref="SocketException">The path cannot be listened on.</exception>
    public CniSocket(string path, Func<CniRequest, CancellationToken, Task<CniReply>> answer)
    {
        _answer = answer;
        File.Delete(path);
        _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _listener.Listen(256);
    }

    public async Task ServeAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            Socket connection;
            try
            {
                connection = await _listener.AcceptAsync(stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            _ = Task.Run(() => AnswerAsync(connection, stop), CancellationToken.None);
        }
    }

    public void Dispose() => _listener.Dispose();

    private async Task AnswerAsync(Socket connection, CancellationToken stop)
    {
        try
        {
            await using var stream = new NetworkStream(connection, ownsSocket: true);
            var reply = await ReplyAsync(stream, stop);
            await stream.WriteAsync((byte[])[.. JsonSerializer.SerializeToUtf8Bytes(reply, CniJson.Default.CniReply), (byte)'\n'], stop);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // The runtime gave up on its plugin, or we are stopping: there is nobody to tell.
        }
    }

    private async Task<CniReply> ReplyAsync(NetworkStream stream, CancellationToken stop)
    {
        CniRequest? request;
        try
        {
            var line = await ReadLineAsync(stream, stop);
            request = line is null ? null : JsonSerializer.Deserialize(line, CniJson.Default.CniRequest);
        }
        catch (JsonException error)
        {
            return new(null, new(6, "the request is not JSON", error.Message));
        }

        return request is null
            ? new(null, new(6, "the request is empty or too large", $"at most {MaxRequestBytes} bytes"))
            : await _answer(request, stop);
    }

    private static async Task<string?> ReadLineAsync(NetworkStream stream, CancellationToken stop)
    {
        using var line = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int read; (read = await stream.ReadAsync(buffer, stop)) > 0 && line.Length <= MaxRequestBytes;)
        {
            var end = Array.IndexOf(buffer, (byte)'\n', 0, read);
            line.Write(buffer, 0, end < 0 ? read : end);
            if (end >= 0) return Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length);
        }

        return null;
    }
}
