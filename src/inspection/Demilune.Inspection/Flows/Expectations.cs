using Demilune.Rules.Headers;
using Demilune.Wire.Ip;

namespace Demilune.Inspection.Flows;

/// <summary>Connections that others have announced: between two hosts, to a port. A table with one owner, the packet thread.</summary>
internal sealed class Expectations
{
    /// <summary>More than an FTP server with thousands of clients has open at a time; who announces without connecting fills it, and then the oldest go.</summary>
    private const int MaxExpected = 16_384;

    /// <summary>An announcement is good for this long: nanoseconds, 30 s as in Suricata.</summary>
    private const long Lifetime = 30_000_000_000;

    private readonly Dictionary<Key, Expectation> _expected = [];
    private readonly Queue<(Key Key, long Until)> _order = new();

    private readonly record struct Key(int Network, IpAddress Low, IpAddress High, ushort Port);

    public void Add(Flow announcer, ushort port, Expectation expectation, long now)
    {
        while (_order.TryPeek(out var oldest) && (oldest.Until < now || _order.Count >= MaxExpected))
        {
            _order.Dequeue();
            if (_expected.TryGetValue(oldest.Key, out var stale) && stale.Until == oldest.Until) _expected.Remove(oldest.Key);
        }
        var key = KeyOf(announcer, port);
        expectation = expectation with { Until = now + Lifetime };
        _expected[key] = expectation;
        _order.Enqueue((key, expectation.Until));
    }

    /// <summary>Whether somebody has announced this flow; an announcement is for one.</summary>
    public Expectation? Take(Flow flow, long now)
    {
        if (_expected.Count == 0 || !_expected.Remove(KeyOf(flow, flow.ServerPort), out var expectation)) return null;
        return expectation.Until >= now ? expectation : null;
    }

    private static Key KeyOf(Flow flow, ushort port)
    {
        var isInOrder = flow.Client.Value < flow.Server.Value;
        return new(flow.Network, isInOrder ? flow.Client : flow.Server, isInOrder ? flow.Server : flow.Client, port);
    }
}

/// <summary>What is known of a connection before it begins.</summary>
/// <param name="App">What will be spoken.</param>
/// <param name="Details">For whoever parses it.</param>
internal sealed record Expectation(AppProtocol App, object Details)
{
    /// <summary>Time after which it does not hold.</summary>
    public long Until { get; init; }
}
