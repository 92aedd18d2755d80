using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Demilune.Linux.Namespaces;
using Demilune.Node.Datapath;
using Demilune.Policy.Model;

namespace Demilune.EndToEnd.Tests.Policies;

/// <summary>A network namespace with sockets that accept everything, and what came in.</summary>
internal sealed class LivePod : IDisposable
{
    /// <summary>Bytes of what is sent: a number, big-endian, and nothing.</summary>
    public const int WordLength = 8;

    private static readonly ushort[] s_ports = [80, 81, 82];

    private readonly List<Socket> _sockets = [];
    private readonly ConcurrentDictionary<ulong, long> _arrived = new();

    public LivePod(NetworkNamespace netns, InterfacePlan plan)
    {
        (Netns, Plan) = (netns, plan);
        foreach (var text in plan.Addresses)
        {
            var address = IPAddress.Parse(text);
            foreach (var port in s_ports)
            {
                var tcp = Open(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                tcp.Bind(new IPEndPoint(address, port));
                tcp.Listen(512);
                _ = AcceptAsync(tcp, port);
                var udp = Open(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
                udp.Bind(new IPEndPoint(address, port));
                _ = ReceiveAsync(udp, (buffer, count) => count == WordLength ? Key(Protocol.Udp, port, buffer) : null);
            }
            // Few kernels have SCTP; a policy sees its ports all the same.
            var sctp = Open(address.AddressFamily, SocketType.Raw, (ProtocolType)Protocol.Sctp);
            sctp.Bind(new IPEndPoint(address, 0));
            var header = address.AddressFamily == AddressFamily.InterNetwork ? 20 : 0;
            _ = ReceiveAsync(sctp, (buffer, count) => count == header + 20
                ? Key(Protocol.Sctp, BinaryPrimitives.ReadUInt16BigEndian(buffer.AsSpan(header + 2)), buffer.AsSpan(header + 12))
                : null);
        }
    }

    public NetworkNamespace Netns { get; }
    public InterfacePlan Plan { get; }

    public IPAddress Address(bool v6) => Plan.Addresses.Select(IPAddress.Parse).First(address => (address.AddressFamily == AddressFamily.InterNetworkV6) == v6);

    public bool HasArrived(Protocol protocol, ushort port, uint probe) => ArrivedAt(protocol, port, probe) is not null;

    /// <summary>A time of <see cref="Stopwatch"/>; null: it has not.</summary>
    public long? ArrivedAt(Protocol protocol, ushort port, uint probe) => _arrived.TryGetValue(Key(protocol, port, probe), out var when) ? when : null;

    public Socket Open(AddressFamily family, SocketType type, ProtocolType protocol)
    {
        var socket = Netns.Run(() => type == SocketType.Raw ? OpenRaw(family) : new Socket(family, type, protocol));
        if (family == AddressFamily.InterNetworkV6 && type != SocketType.Raw) socket.DualMode = false;
        lock (_sockets) _sockets.Add(socket);
        return socket;
    }

    /// <summary>One datagram with a number in it.</summary>
    public void Send(Protocol protocol, IPAddress to, ushort port, uint probe)
    {
        var number = new byte[WordLength];
        BinaryPrimitives.WriteUInt32BigEndian(number, probe);
        using var socket = protocol == Protocol.Udp
            ? Netns.Run(() => new Socket(to.AddressFamily, SocketType.Dgram, ProtocolType.Udp))
            : Netns.Run(() => OpenRaw(to.AddressFamily));
        if (protocol == Protocol.Udp)
        {
            socket.SendTo(number, new IPEndPoint(to, port));
            return;
        }
        var packet = new byte[20];      // RFC 9260 §3.1: ports, tag, checksum; what follows nobody reads
        BinaryPrimitives.WriteUInt16BigEndian(packet, (ushort)(30_000 + probe % 30_000));
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), port);
        number.CopyTo(packet, 12);
        socket.SendTo(packet, new IPEndPoint(to, 0));
    }

    public void Dispose()
    {
        lock (_sockets)
            foreach (var socket in _sockets) socket.Dispose();
    }

    /// <summary>The library refuses protocols that it has no name for.</summary>
    private static Socket OpenRaw(AddressFamily family)
    {
        const int Raw = 3;
        var descriptor = socket(family == AddressFamily.InterNetwork ? 2 : 10, Raw, (int)Protocol.Sctp);
        return descriptor >= 0 ? new(new SafeSocketHandle(descriptor, ownsHandle: true)) : throw new SocketException(Marshal.GetLastPInvokeError());
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int socket(int domain, int type, int protocol);

    private static ulong Key(Protocol protocol, ushort port, uint probe) => (ulong)protocol << 48 | (ulong)port << 32 | probe;

    private static ulong? Key(Protocol protocol, ushort port, ReadOnlySpan<byte> number) => Key(protocol, port, BinaryPrimitives.ReadUInt32BigEndian(number));

    private async Task AcceptAsync(Socket listener, ushort port)
    {
        try
        {
            while (true) _ = HearAsync(await listener.AcceptAsync(), port);
        }
        catch (Exception end) when (end is ObjectDisposedException or SocketException)
        {
            // Closed.
        }
    }

    /// <summary>Words of a connection until its other end has no more.</summary>
    private async Task HearAsync(Socket connection, ushort port)
    {
        var word = new byte[WordLength];
        using var closing = connection;
        lock (_sockets) _sockets.Add(connection);
        try
        {
            for (var have = 0; ;)
            {
                var count = await connection.ReceiveAsync(word.AsMemory(have));
                if (count == 0) break;
                if ((have += count) < WordLength) continue;
                _arrived.TryAdd(Key(Protocol.Tcp, port, BinaryPrimitives.ReadUInt32BigEndian(word)), Stopwatch.GetTimestamp());
                have = 0;
            }
        }
        catch (Exception end) when (end is ObjectDisposedException or SocketException)
        {
            // Closed, or the other end is no more.
        }
        lock (_sockets) _sockets.Remove(connection);
    }

    private async Task ReceiveAsync(Socket socket, Func<byte[], int, ulong?> read)
    {
        var buffer = new byte[2048];
        while (true)
        {
            try
            {
                var count = await socket.ReceiveAsync(buffer, SocketFlags.None);
                if (read(buffer, count) is { } key) _arrived.TryAdd(key, Stopwatch.GetTimestamp());
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException failure)
            {
                // An ICMP error for something sent from here is no end.
                if (failure.SocketErrorCode is SocketError.OperationAborted or SocketError.Interrupted) return;
            }
        }
    }
}
