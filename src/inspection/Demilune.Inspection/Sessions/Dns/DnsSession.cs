using System.Buffers.Binary;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Wire.Dns;

namespace Demilune.Inspection.Sessions.Dns;

/// <summary>Messages of one flow. Each is a transaction: an answer need not come, and may come from somebody else.</summary>
internal sealed class DnsSession(InspectorOptions options, Detector detector) : IProtocolSession, IMessageBuffers, ITransaction
{
    private readonly DnsStreamReader[] _readers = [new(), new()];
    private readonly PendingSignatures _pending = new();
    private readonly DnsMessage _message = new();
    private readonly DnsFields _fields = new();
    private bool _isDatagram;
    private Side _from;
    private readonly byte[] _opcode = new byte[sizeof(long)];
    private int _transactions;

    public int Number { get; private set; }

    public string RecordType => "dns";

    public IRecordFields Record => _fields;

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

    public void Clear() => _pending.Clear();

    public bool IsOver(Side from) => false;

    public IMessageBuffers Message(Side from) => this;

    public bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view)
    {
        view = default;
        if (id == BufferId.DnsOpcode)
        {
            BinaryPrimitives.WriteInt64BigEndian(_opcode, _message.Opcode);
            view = new(_opcode);
            return instance == 0;
        }
        var records = id switch
        {
            BufferId.DnsQuery when _from == Side.Client => _message.Questions,
            BufferId.DnsQueryName => _message.Questions,
            BufferId.DnsAnswerName => _message.Answers,
            _ => null,
        };
        if (records is null || instance >= records.Count) return false;
        view = new(_message.Name(records[instance]));
        return true;
    }

    private void Take(Side from, ReadOnlySpan<byte> message, int end)
    {
        _from = from;
        var isWhole = _message.TryRead(message);
        if (message.Length < DnsMessage.HeaderLength)
        {
            detector.Notice("dns.malformed_data");
            return;
        }
        Number = _transactions++;
        _fields.Take(_message, Number);
        _pending.Clear();
        foreach (var id in (ReadOnlySpan<BufferId>)[BufferId.DnsQuery, BufferId.DnsQueryName, BufferId.DnsAnswerName, BufferId.DnsOpcode])
            for (var instance = 0; TryGet(id, instance, default, out var view); instance++) detector.Offer(id, view.Bytes);
        detector.Keep(_pending, long.MaxValue);
        if (from == Side.Client)
            foreach (var (member, access) in detector.AccessLists)
                if (!(isWhole && access.Admits(_message))) detector.Deny(member, access, this, isAlone: _isDatagram);
        if (!isWhole) detector.Notice("dns.malformed_data", this, this, _pending);
        if ((_message.Flags & 0x40) != 0) detector.Notice("dns.z_flag_set", this, this, _pending);
        if (_message.Opcode >= 7) detector.Notice("dns.invalid_opcode", this, this, _pending);
        detector.Evaluate(_pending, new DetectionBuffers { Message = this, Payload = message }, 0, this);
        detector.Frame(FrameType.DnsPdu, message, end, this, this);
        if (options.LogTransactions) Tell();
    }

    /// <summary>A record for each question of a query, and one for a response. Oriented from client to server, as Suricata has it.</summary>
    private void Tell()
    {
        var scope = detector.Scope;
        scope.Face(Side.Client);
        var context = scope.Context();
        var count = _message.IsResponse ? 1 : _message.Questions.Count;
        for (var question = 0; question < count; question++)
        {
            _fields.Question = question;
            scope.Events.Record(new(in context, RecordType, Number, _fields));
        }
        scope.Face(_from);
    }
}
