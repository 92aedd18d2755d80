using System.Buffers.Binary;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Inspection.Flows;
using Demilune.Rules.Buffers;
using Demilune.Wire.Dns;

namespace Demilune.Inspection.Sessions.Dns;

/// <summary>One message, whatever has carried it: what rules see of it and what EVE tells. Used again for the next one.</summary>
internal sealed class DnsTransaction(InspectorOptions options, Detector detector) : IMessageBuffers, ITransaction
{
    private readonly PendingSignatures _pending = new();
    private readonly DnsMessage _message = new();
    private readonly DnsFields _fields = new();
    private readonly byte[] _opcode = new byte[sizeof(long)];
    private const int MaxMuted = 64;
    private Side _from;

    public int Number { get; private set; }

    public string RecordType => "dns";

    public IRecordFields Record => _fields;

    public void Clear() => _pending.Clear();

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

    /// <summary>Judges a message and tells of it.</summary>
    /// <param name="from">Who sent it.</param>
    /// <param name="message">At least its header.</param>
    /// <param name="number">Of the transaction.</param>
    /// <param name="isAlone">It is a datagram: others of its flow have nothing to do with it.</param>
    public void Take(Side from, ReadOnlySpan<byte> message, int number, bool isAlone)
    {
        (_from, Number) = (from, number);
        var isWhole = _message.TryRead(message);
        _fields.Take(_message, Number);
        _pending.Clear();
        foreach (var id in (ReadOnlySpan<BufferId>)[BufferId.DnsQuery, BufferId.DnsQueryName, BufferId.DnsAnswerName, BufferId.DnsOpcode])
            for (var instance = 0; TryGet(id, instance, default, out var view); instance++) detector.Offer(id, view.Bytes);
        detector.Keep(_pending, long.MaxValue);
        if (from == Side.Client)
            foreach (var (member, access) in detector.AccessLists)
                if (!(isWhole && access.Admits(_message))) detector.Deny(member, access, this, isAlone: isAlone);
        if (!isWhole) detector.Notice("dns.malformed_data", this, this, _pending);
        if ((_message.Flags & 0x40) != 0) detector.Notice("dns.z_flag_set", this, this, _pending);
        if (_message.Opcode >= 7) detector.Notice("dns.invalid_opcode", this, this, _pending);
        detector.Evaluate(_pending, new DetectionBuffers { Message = this, Payload = message }, 0, this);
    }

    /// <summary>Whoever wants no record of a question wants none of its answer.</summary>
    /// <param name="flow">Where it is said.</param>
    /// <param name="muted">Numbers of questions whose answers are not told.</param>
    public void MuteAnswer(Flow flow, HashSet<int> muted)
    {
        if (_message.IsResponse)
        {
            if (muted.Remove(_message.Id)) flow.Mute(Number);
        }
        else if (flow.IsMuted(Number))
        {
            if (muted.Count >= MaxMuted) muted.Clear();
            muted.Add(_message.Id);
        }
    }

    /// <summary>A record for each question of a query, and one for a response. Oriented from client to server, as Suricata has it.</summary>
    public void Tell()
    {
        if (!options.LogTransactions) return;
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
