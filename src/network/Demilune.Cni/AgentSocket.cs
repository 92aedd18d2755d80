using System.Net.Sockets;
using System.Text.Json;

namespace Demilune.Cni;

/// <summary>One question to the node agent: a JSON line each way.</summary>
internal static class AgentSocket
{
    /// <summary>An answer larger than this is none.</summary>
    public const int MaxReplyBytes = 1 << 20;

    /// <summary>Longer than the agent's own limits, so that its better-worded error wins.</summary>
    public static readonly TimeSpan ReplyTimeout = TimeSpan.FromSeconds(100);

    /// <exception cref="CniException">The agent is not there, or did not answer.</exception>
    public static Reply Ask(string path, Request request)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
        {
            ReceiveTimeout = (int)ReplyTimeout.TotalMilliseconds,
            SendTimeout = (int)ReplyTimeout.TotalMilliseconds,
        };
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (Exception error) when (error is SocketException or ArgumentOutOfRangeException)
        {
            throw new CniException(
                CniException.TryAgainLater, $"the node agent does not answer at {path}", $"{error.Message}; is demilune-node running on this node?");
        }

        try
        {
            byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(request, MessagesJson.Default.Request), (byte)'\n'];
            for (var sent = 0; sent < line.Length;) sent += socket.Send(line, sent, line.Length - sent, SocketFlags.None);
            return JsonSerializer.Deserialize(ReadLine(socket), MessagesJson.Default.Reply) ?? new(null, null);
        }
        catch (SocketException error)
        {
            throw new CniException(CniException.Io, $"the node agent at {path} broke off", error.Message);
        }
        catch (JsonException error)
        {
            throw new CniException(CniException.Undecodable, $"the node agent at {path} answered with something else than JSON", error.Message);
        }
    }

    private static byte[] ReadLine(Socket socket)
    {
        using var line = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int read; (read = socket.Receive(buffer)) > 0;)
        {
            var end = Array.IndexOf(buffer, (byte)'\n', 0, read);
            line.Write(buffer, 0, end < 0 ? read : end);
            if (end >= 0) return line.ToArray();
            if (line.Length > MaxReplyBytes)
                throw new CniException(CniException.Io, $"the node agent's answer is larger than {MaxReplyBytes} bytes", "is that demilune-node?");
        }

        throw new CniException(CniException.TryAgainLater, "the node agent closed the connection without an answer", "its log says why");
    }
}
