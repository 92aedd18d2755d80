using System.Net;
using System.Net.Sockets;
using System.Text;
using Demilune.Linux.Namespaces;

namespace Demilune.EndToEnd.Tests.Nodes;

/// <summary>A pod's network, with a small web server and a small web client in it.</summary>
internal sealed class TestPod(string name, NetworkNamespace netns, IReadOnlyList<IPAddress> addresses) : IAsyncDisposable
{
    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
    private readonly CancellationTokenSource _ended = new();
    private readonly List<Task> _serving = [];

    public string Name => name;
    public NetworkNamespace Netns => netns;

    public IPAddress Address(bool v6) => addresses.First(address => address.AddressFamily == (v6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork));

    /// <summary>Answers every request on this port.</summary>
    public void Serve(int port)
    {
        var listener = netns.Run(() =>
        {
            Socket socket = new(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
            socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
            socket.Listen(128);
            return socket;
        });
        _serving.Add(ServeAsync(listener));
    }

    /// <returns>The status; 0: there was no answer.</returns>
    public async Task<int> GetAsync(TestPod to, int port, string path, bool v6, CancellationToken stop, TimeSpan? patience = null)
    {
        var address = to.Address(v6);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(patience ?? TimeSpan.FromSeconds(10));
        using var socket = netns.Run(() => new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        try
        {
            await socket.ConnectAsync(address, port, limit.Token);
            await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {to.Name}\r\nConnection: close\r\n\r\n"), limit.Token);
            var answer = new byte[4096];
            var length = await socket.ReceiveAsync(answer, limit.Token);
            return length < 12 ? 0 : int.Parse(Encoding.ASCII.GetString(answer, 9, 3), System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (Exception error) when (error is SocketException || (error is OperationCanceledException && !stop.IsCancellationRequested))
        {
            return 0;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await Task.WhenAll(_serving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ended.Dispose();
    }

    private async Task ServeAsync(Socket listener)
    {
        using (listener)
            while (!_ended.IsCancellationRequested)
                _ = RespondAsync(await listener.AcceptAsync(_ended.Token));
    }

    private async Task RespondAsync(Socket connection)
    {
        using (connection)
            try
            {
                var request = new byte[8192];
                for (var length = 0; !request.AsSpan(0, length).EndsWith("\r\n\r\n"u8);)
                {
                    var more = await connection.ReceiveAsync(request.AsMemory(length), _ended.Token);
                    if (more == 0) return;
                    length += more;
                }
                await connection.SendAsync(Encoding.ASCII.GetBytes(Answer), _ended.Token);
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException)
            {
                // The client says what came.
            }
    }
}
