using Demilune.Inspection.Detection;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Wire.Dns;

namespace Demilune.Inspection.Sessions.Dns;

/// <summary>Messages of one flow. Each is a transaction: an answer need not come, and may come from somebody else.</summary>
internal sealed class DnsSession(InspectorOptions options, Detector detector) : IProtocolSession
{
    private readonly DnsStreamReader[] _readers = [new(), new()];
    private readonly DnsTransaction _transaction = new(options, detector);
    private bool _isDatagram;
    private int _transactions;

    /// <summary>Questions whose answers are not told.</summary>
    private readonly HashSet<int> _muted = [];

    public void Begin(RuleSet rules, bool isDatagram)
    {
        (_isDatagram, _transactions) = (isDatagram, 0);
        foreach (var reader in _readers) reader.Reset();
    }

    public void Deliver(Side from, ReadOnlySpan<byte> bytes)
    {
        if (_isDatagram)
        {
            Take(from, bytes, bytes.Length);
            return;
        }
        var reader = _readers[(int)from];
        var length = bytes.Length;
        while (reader.TryRead(ref bytes, out var message)) Take(from, message, length - bytes.Length);
    }

    public void Close(Side from)
    {
    }

    public void Clear()
    {
        _transaction.Clear();
        _muted.Clear();
    }

    public bool IsOver(Side from) => false;

    public IMessageBuffers Message(Side from) => _transaction;

    private void Take(Side from, ReadOnlySpan<byte> message, int end)
    {
        if (message.Length < DnsMessage.HeaderLength)
        {
            detector.Notice("dns.malformed_data");
            return;
        }
        _transaction.Take(from, message, _transactions++, isAlone: _isDatagram);
        detector.Frame(FrameType.DnsPdu, message, end, _transaction, _transaction);
        if (detector.Scope.Flow is { } flow) _transaction.MuteAnswer(flow, _muted);
        _transaction.Tell();
    }
}
