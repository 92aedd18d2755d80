using System.Net;
using System.Net.Sockets;
using Demilune.Cli.Walk;

namespace Demilune.EndToEnd.Tests.Engines;

/// <summary>As many small datagrams as this machine can send, out of a pod, on one flow.</summary>
internal sealed class Flood : IDisposable
{
    /// <summary>Where nobody listens; the network policy below lets it through.</summary>
    public const int Port = 9;

    /// <summary>Beside the example's own policy: what the flood may do, and who judges it.</summary>
    public const string Permission = $$"""
        {"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy",
         "metadata":{"name":"flood","namespace":"shop","annotations":{"demilune.dev/security-policy":"web-attacks"} },
         "spec":{"podSelector":{"matchLabels":{"app":"web"} },"policyTypes":["Ingress"],
          "ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"client"} } }],"ports":[{"protocol":"UDP","port":9}]}]} }
        """;

    private readonly Socket _socket;

    private Flood(Socket socket) => _socket = socket;

    /// <summary>From the pod "client" to the pod "web".</summary>
    public static async Task<Flood> PrepareAsync(Scene scene, CancellationToken stop)
    {
        using var pod = await PodNamespace.OpenAsync(scene, "client", stop);
        var socket = pod.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(scene.Web), Port), stop);
        return new(socket);
    }

    /// <summary>Sends for so long.</summary>
    /// <returns>How many.</returns>
    public long Send(TimeSpan duration)
    {
        var (sent, bytes) = (0L, new byte[32]);
        for (var end = Environment.TickCount64 + (long)duration.TotalMilliseconds; Environment.TickCount64 < end;)
            for (var i = 0; i < 100; i++)
            {
                try
                {
                    _socket.Send(bytes);
                    sent++;
                }
                catch (SocketException refused) when (refused.SocketErrorCode is SocketError.ConnectionRefused or SocketError.NoBufferSpaceAvailable)
                {
                    // The pod's word that nobody listens there; or a full queue.
                }
            }
        return sent;
    }

    public void Dispose() => _socket.Dispose();
}
