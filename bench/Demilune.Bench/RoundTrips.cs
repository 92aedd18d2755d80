using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Demilune.Bench;

/// <summary>One byte there, one byte back, one at a time: the delay that a path adds.</summary>
internal static class RoundTrips
{
    public static async Task<int> AnswerAsync(int port)
    {
        using var listener = new TcpListener(IPAddress.IPv6Any, port);
        listener.Server.DualMode = true;
        listener.Start();
        while (true)
        {
            var client = await listener.AcceptSocketAsync();
            new Thread(() => Answer(client)) { IsBackground = true }.Start();
        }
    }

    public static async Task<int> AskAsync(string host, int port, TimeSpan duration)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 5000 };
        await socket.ConnectAsync(host, port);
        var samples = new List<long>(1 << 20);
        var word = new byte[1];
        var until = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        for (var warmUp = 2000; ;)
        {
            var start = Stopwatch.GetTimestamp();
            if (start > until) break;
            socket.Send(word);
            if (socket.Receive(word) != 1) return 1;
            if (warmUp > 0) warmUp--;
            else samples.Add(Stopwatch.GetTimestamp() - start);
        }
        if (samples.Count == 0)
        {
            Console.Error.WriteLine($"bench: not even the first 2,000 round trips were done in {duration.TotalSeconds} s: this machine is too busy to measure delays");
            return 1;
        }
        samples.Sort();
        double Micros(double quantile) => samples[(int)((samples.Count - 1) * quantile)] * 1e6 / Stopwatch.Frequency;
        Console.WriteLine($"{Micros(0.5):F0} {Micros(0.99):F0}");
        return 0;
    }

    private static void Answer(Socket socket)
    {
        using (socket)
        {
            socket.NoDelay = true;
            var word = new byte[1];
            try
            {
                while (socket.Receive(word) == 1) socket.Send(word);
            }
            catch (SocketException)
            {
                // The asker has left.
            }
        }
    }
}
