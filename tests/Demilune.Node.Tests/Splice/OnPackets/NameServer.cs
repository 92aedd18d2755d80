using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Demilune.Linux.Namespaces;
using Demilune.Wire.Dns;

namespace Demilune.Node.Tests.Splice.OnPackets;

/// <summary>dnsmasq in a network namespace, and what it takes to ask it.</summary>
internal sealed class NameServer : IDisposable
{
    private const string Program = "/usr/sbin/dnsmasq";

    private readonly Process _process;

    public NameServer(NetworkNamespace netns, IPAddress address, params string[] options)
    {
        Address = address;
        ProcessStartInfo start = new(Program,
            ["--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--user=root", "--pid-file", "--bind-interfaces", $"--listen-address={address}", .. options])
        { RedirectStandardError = true };
        _process = netns.Run(() => Process.Start(start)!);
        try
        {
            for (var watch = Stopwatch.StartNew(); !Listens(netns, address);)
            {
                Assert.False(_process.HasExited, "dnsmasq does not start");
                Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), "dnsmasq does not listen");
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public static bool IsInstalled => File.Exists(Program);

    public IPAddress Address { get; }

    public static byte[] Query(string name, DnsType type = DnsType.A)
    {
        List<byte> query = [0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 1];
        foreach (var label in name.Split('.')) query.AddRange([(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]);
        query.AddRange([0, 0, (byte)type, 0, 1]);
        query.AddRange([0, 0, 41, 0x10, 0, 0, 0, 0, 0, 0, 0]);       // EDNS: up to 4096 bytes
        return [.. query];
    }

    /// <summary>Asks over UDP. Null: no answer.</summary>
    public static DnsMessage? Ask(NetworkNamespace from, IPEndPoint server, byte[] query, TimeSpan? patience = null)
    {
        using var socket = from.Run(() => new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        socket.ReceiveTimeout = (int)(patience ?? Traffic.Patience).TotalMilliseconds;
        socket.Connect(server);
        socket.Send(query);
        var answer = new byte[65536];
        try
        {
            return Parse(answer.AsSpan(0, socket.Receive(answer)));
        }
        catch (SocketException)
        {
            return null;
        }
    }

    /// <summary>Asks over TCP.</summary>
    public static DnsMessage? AskStream(NetworkNamespace from, IPEndPoint server, byte[] query)
    {
        using var socket = from.TryConnect(server, Traffic.Patience);
        if (socket is null) return null;
        socket.ReceiveTimeout = (int)Traffic.Patience.TotalMilliseconds;
        var length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)query.Length);
        socket.Send(length);
        socket.Send(query);
        DnsStreamReader reader = new();
        var buffer = new byte[4096];
        while (true)
        {
            var count = socket.Receive(buffer);
            if (count == 0) return null;
            ReadOnlySpan<byte> bytes = buffer.AsSpan(0, count);
            if (reader.TryRead(ref bytes, out var message)) return Parse(message);
        }
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static DnsMessage Parse(ReadOnlySpan<byte> bytes)
    {
        DnsMessage message = new();
        Assert.True(message.TryRead(bytes));
        return message;
    }

    private static bool Listens(NetworkNamespace netns, IPAddress address)
    {
        using var socket = netns.TryConnect(new IPEndPoint(address, 53), TimeSpan.FromMilliseconds(100));
        return socket is not null;
    }
}
