using System.Net;
using System.Net.Sockets;

namespace Demilune.EndToEnd.Tests.Policies;

/// <summary>TCP while everything changes: connections that are tried again and again, and what is said over those that live. Not thread-safe.</summary>
/// <param name="patience">After that long without an answer one is given up: the longer TCP was kept waiting, the longer it waits before it repeats what was not heard.</param>
internal sealed class Conversations(Random random, TimeSpan patience) : IDisposable
{
    private const int MaxLiving = 60;

    private readonly List<Conversation> _all = [];
    private readonly List<Conversation> _living = [];

    public IReadOnlyList<Conversation> All => _all;

    /// <summary>Opens one more, says a word over each that is connected, gives up who is not heard for too long, and now and then is done with one that is.</summary>
    public void Round(IReadOnlyList<(string Uid, LivePod Pod)> pods, ReadOnlySpan<ushort> ports, Func<uint> number)
    {
        if (_living.Count < MaxLiving && pods.Count > 1)
        {
            var (from, to) = (pods[random.Next(pods.Count)], pods[random.Next(pods.Count)]);
            if (from.Uid != to.Uid) _living.Add(Open(from, to, ports[random.Next(ports.Length)], random.Next(2) == 0));
        }
        foreach (var one in _living) one.Say(number());
        foreach (var one in _living.Where(one => one.HasWaitedFor > patience).ToList())
        {
            _living.Remove(one);
            one.Leave();
        }
        if (_living.Count == 0 || random.Next(4) != 0) return;
        var done = _living[random.Next(_living.Count)];
        if (!done.IsHeard) return;
        _living.Remove(done);
        done.Dispose();
    }

    /// <summary>The pod is about to be no more: who speaks with it falls silent.</summary>
    public void Leave(string uid)
    {
        foreach (var one in _living.Where(one => one.From == uid || one.To == uid).ToList())
        {
            _living.Remove(one);
            one.Leave();
        }
    }

    public void Dispose()
    {
        foreach (var one in _all) one.Dispose();
    }

    private Conversation Open((string Uid, LivePod Pod) from, (string Uid, LivePod Pod) to, ushort port, bool v6)
    {
        var address = to.Pod.Address(v6);
        var one = new Conversation(from.Uid, to.Uid, to.Pod, port, v6, from.Pod.Open(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        _all.Add(one);
        _ = one.ConnectAsync(new IPEndPoint(address, port));
        return one;
    }
}
