using System.Net.Sockets;
using System.Text;

namespace Demilune.Firewall.Health;

/// <summary>
/// Answers <c>demilune-firewall health</c>, which a probe runs in the container: one line on an abstract Unix socket,
/// which lives in the pod's network namespace and needs no writable file system.
/// </summary>
internal static class HealthSocket
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Answers until <paramref name="stop"/>.</summary>
    /// <param name="describe"><see cref="HealthState.Ok"/>, or what is missing.</param>
    /// <exception cref="SocketException">Another process answers under this name.</exception>
    public static async Task ServeAsync(string name, Func<string> describe, CancellationToken stop)
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(Address(name));
        listener.Listen(4);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var asker = await listener.AcceptAsync(stop);
                await asker.SendAsync(Encoding.UTF8.GetBytes(describe()), stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
            }
            catch (SocketException)
            {
                // The asker has left.
            }
        }
    }

    /// <returns>"ok", or why not.</returns>
    public static async Task<string> AskAsync(string name)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(Address(name), patience.Token);
            var answer = new byte[512];
            var length = await socket.ReceiveAsync(answer, patience.Token);
            return length > 0 ? Encoding.UTF8.GetString(answer, 0, length) : "the firewall closed the connection";
        }
        catch (SocketException error)
        {
            return $"no firewall answers on @{name}: {error.Message}";
        }
        catch (OperationCanceledException)
        {
            return $"the firewall does not answer on @{name} within {Patience.TotalSeconds} s";
        }
    }

    private static UnixDomainSocketEndPoint Address(string name) => new("\0" + name);
}
