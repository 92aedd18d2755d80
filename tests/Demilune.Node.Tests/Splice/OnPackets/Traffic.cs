using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Demilune.Linux.Namespaces;

namespace Demilune.Node.Tests.Splice.OnPackets;

/// <summary>Ordinary sockets inside the lab's namespaces.</summary>
internal static class Traffic
{
    /// <summary>Long enough for a loaded machine, and for one retransmitted SYN (1 s).</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);
    /// <summary>How long silence must last to count as "does not pass".</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(400);

    public static Socket Listen(this NetworkNamespace netns, IPAddress address, int port = 0) => netns.Run(() =>
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(new IPEndPoint(address, port));
        socket.Listen(128);
        return socket;
    });

    public static Socket? TryConnect(this NetworkNamespace netns, EndPoint to, TimeSpan patience, IPEndPoint? from = null)
    {
        var address = ((IPEndPoint)to).Address;
        var socket = netns.Run(() =>
        {
            var made = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            made.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            if (from is not null) made.Bind(from);
            return made;
        });
        using var limit = new CancellationTokenSource(patience);
        try
        {
            socket.ConnectAsync(to, limit.Token).AsTask().GetAwaiter().GetResult();
            return socket;
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException)
        {
            socket.Dispose();
            return null;
        }
    }

    public static bool CanConnect(this NetworkNamespace netns, EndPoint to)
    {
        using var socket = netns.TryConnect(to, Patience);
        return socket is not null;
    }

    public static bool CannotConnect(this NetworkNamespace netns, EndPoint to)
    {
        using var socket = netns.TryConnect(to, Silence);
        return socket is null;
    }

    public static Socket Udp(this NetworkNamespace netns, IPAddress address, int port = 0) => netns.Run(() =>
    {
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(address, port));
        return socket;
    });

    /// <summary>Sends one message over a connected stream and takes it off at the other end.</summary>
    public static bool Carries(Socket from, Socket to, int length = 100, TimeSpan? patience = null)
    {
        var sent = new byte[length];
        Random.Shared.NextBytes(sent);
        var sender = new Thread(() => Send(from, sent));     // more than the buffers hold needs a reader beside it
        sender.Start();
        var received = new byte[length];
        to.ReceiveTimeout = (int)(patience ?? Patience).TotalMilliseconds;
        try
        {
            for (var at = 0; at < length;)
            {
                var count = to.Receive(received, at, length - at, SocketFlags.None);
                if (count == 0) return false;
                at += count;
            }
            return sent.AsSpan().SequenceEqual(received);
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static void Send(Socket socket, byte[] bytes)
    {
        try
        {
            socket.Send(bytes);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The receiving side says what came.
        }
    }

    public static bool UdpArrives(Socket from, Socket to, TimeSpan? patience = null, int length = 16)
    {
        from.SendTo(new byte[length], to.LocalEndPoint!);
        return Arrives(to, patience);
    }

    public static bool Arrives(Socket to, TimeSpan? patience = null)
    {
        to.ReceiveTimeout = (int)(patience ?? Patience).TotalMilliseconds;
        try
        {
            EndPoint from = new IPEndPoint(to.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
            return to.ReceiveFrom(new byte[65536], ref from) > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>One echo request of <paramref name="length"/> bytes; true when the answer came.</summary>
    public static bool Ping(this NetworkNamespace netns, IPAddress to, TimeSpan? patience = null, int length = 8)
    {
        var ipv6 = to.AddressFamily == AddressFamily.InterNetworkV6;
        using var socket = netns.Run(() => new Socket(to.AddressFamily, SocketType.Raw, ipv6 ? ProtocolType.IcmpV6 : ProtocolType.Icmp));
        var identifier = (ushort)Random.Shared.Next(1, 65536);
        var request = new byte[Math.Max(8, length)];
        request[0] = ipv6 ? (byte)128 : (byte)8;
        (request[4], request[5]) = ((byte)(identifier >> 8), (byte)identifier);
        if (!ipv6)
        {
            var sum = 0;
            for (var i = 0; i < request.Length; i += 2) sum += request[i] << 8 | (i + 1 < request.Length ? request[i + 1] : 0);
            sum = (sum & 0xffff) + (sum >> 16);
            sum = ~(sum + (sum >> 16));
            (request[2], request[3]) = ((byte)(sum >> 8), (byte)sum);
        }
        var watch = Stopwatch.StartNew();
        var limit = patience ?? Patience;
        var buffer = new byte[65536];
        try
        {
            socket.SendTo(request, new IPEndPoint(to, 0));
            while (watch.Elapsed < limit)
            {
                socket.ReceiveTimeout = Math.Max(1, (int)(limit - watch.Elapsed).TotalMilliseconds);
                var count = socket.Receive(buffer);
                var header = ipv6 ? 0 : (buffer[0] & 15) * 4;
                if (count >= header + 8 && buffer[header] == (ipv6 ? 129 : 0) && (buffer[header + 4] << 8 | buffer[header + 5]) == identifier) return true;
            }
        }
        catch (SocketException)
        {
        }
        return false;
    }
}
