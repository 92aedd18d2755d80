using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Demilune.Policy.Model;

namespace Demilune.EndToEnd.Tests.Policies;

/// <summary>One TCP connection: when it was tried, when it was there, what was said when. Words are numbers; who hears them notes when.</summary>
internal sealed class Conversation(string from, string to, LivePod receiver, ushort port, bool v6, Socket socket) : IDisposable
{
    private readonly byte[] _word = new byte[LivePod.WordLength];
    private readonly List<(uint Number, long Before)> _said = [];
    private long _connected, _broken;

    public string From => from;
    public string To => to;
    public ushort Port => port;
    public bool V6 => v6;

    /// <summary>When it was tried.</summary>
    public long Began { get; } = Stopwatch.GetTimestamp();

    /// <summary>When that was seen to have succeeded; null: it was not.</summary>
    public long? Connected => Interlocked.Read(ref _connected) is > 0 and var when ? when : null;

    /// <summary>It ended, and neither by our will nor because one of the two is no more.</summary>
    public bool IsBroken => Interlocked.Read(ref _broken) != 0 && !IsLeft;

    /// <summary>One of the two is no more.</summary>
    public bool IsLeft { get; private set; }

    public IReadOnlyList<(uint Number, long Before)> Said => _said;

    /// <summary>Since the first of what is not heard was said; zero: all of it is.</summary>
    public TimeSpan HasWaitedFor
    {
        get
        {
            if (Connected is null) return Stopwatch.GetElapsedTime(Began);
            var first = _said.FindIndex(word => ArrivedAt(word.Number) is null);
            return first < 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(_said[first].Before);
        }
    }

    public bool IsHeard => Connected is not null && _said.TrueForAll(word => ArrivedAt(word.Number) is not null);

    public async Task ConnectAsync(IPEndPoint destination)
    {
        try
        {
            await socket.ConnectAsync(destination);
            socket.NoDelay = true;
            socket.Blocking = false;
            Interlocked.Exchange(ref _connected, Stopwatch.GetTimestamp());
        }
        catch (SocketException)
        {
            Break();
        }
        catch (ObjectDisposedException)
        {
            // Given up before it was there.
        }
    }

    public void Say(uint number)
    {
        if (Connected is null || IsBroken) return;
        BinaryPrimitives.WriteUInt32BigEndian(_word, number);
        var before = Stopwatch.GetTimestamp();
        if (socket.Send(_word, SocketFlags.None, out var error) == _word.Length) _said.Add((number, before));
        else if (error != SocketError.WouldBlock) Break();
    }

    /// <summary>When the other end read it; null: it did not.</summary>
    public long? ArrivedAt(uint number) => receiver.ArrivedAt(Protocol.Tcp, port, number);

    /// <summary>One of the two is about to be no more.</summary>
    public void Leave()
    {
        IsLeft = true;
        socket.Dispose();
    }

    public void Dispose() => socket.Dispose();

    private void Break() => Interlocked.CompareExchange(ref _broken, Stopwatch.GetTimestamp(), 0);
}
