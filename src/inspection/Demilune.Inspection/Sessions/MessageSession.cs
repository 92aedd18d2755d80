using System.Buffers.Binary;
using System.Text.Json;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;

namespace Demilune.Inspection.Sessions;

/// <summary>What protocols have in common whose every message is a transaction: signatures see it, EVE tells of it, and nothing is kept but its place in the flow.</summary>
internal abstract class MessageSession(InspectorOptions options, Detector detector, string recordType, BufferId[] buffers) : IProtocolSession, IMessageBuffers, ITransaction, IRecordFields
{
    private readonly byte[] _number = new byte[sizeof(long)];
    private readonly PendingSignatures _pending = new();
    private int _transactions;

    public int Number { get; private set; }
    public string RecordType => recordType;
    public IRecordFields Record => this;

    /// <summary>Who sent the message at hand.</summary>
    protected Side From { get; private set; }
    protected bool IsDatagram { get; private set; }

    public virtual void Begin(RuleSet rules, bool isDatagram) => (_transactions, IsDatagram) = (0, isDatagram);

    public abstract void Deliver(Side from, ReadOnlySpan<byte> bytes);

    public virtual bool TrySkip(Side from, long count) => false;

    public virtual void Close(Side from)
    {
    }

    public virtual void Clear() => _pending.Clear();

    public virtual bool IsOver(Side from) => false;

    public IMessageBuffers Message(Side from) => this;

    public abstract bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view);

    public abstract void Write(Utf8JsonWriter json);

    /// <summary>A message has been read: lets signatures see it.</summary>
    /// <param name="from">Who sent it.</param>
    /// <param name="message">As it came.</param>
    /// <param name="isTold">Whether EVE has a record of it.</param>
    /// <param name="noticed">What is odd about it; null: nothing.</param>
    protected void Judge(Side from, ReadOnlySpan<byte> message, bool isTold = true, string? noticed = null)
    {
        From = from;
        Number = _transactions++;
        _pending.Clear();
        foreach (var id in buffers)
            for (var instance = 0; TryGet(id, instance, default, out var view); instance++) detector.Offer(id, view.Bytes);
        detector.Keep(_pending, long.MaxValue);
        detector.Evaluate(_pending, new DetectionBuffers { Message = this, Payload = message }, 0, this);
        if (noticed is not null) Notice(noticed);
        if (!isTold || !options.LogTransactions) return;
        var scope = detector.Scope;
        // As Suricata has it: as the packet at hand, which over TCP is mostly the other side's acknowledgment; VNC's as its flow.
        scope.Face(recordType == "rfb" ? Side.Client : scope.PacketFrom);
        var context = scope.Context();
        scope.Events.Record(new(in context, recordType, Number, this));
        scope.Face(from);
    }

    /// <summary>A frame of the message at hand; <see cref="Detector.Frame(FrameType, ReadOnlySpan{byte}, long, ITransaction?, IMessageBuffers?)"/>.</summary>
    protected void Frame(FrameType type, ReadOnlySpan<byte> bytes, long end) => detector.Frame(type, bytes, end, this, this);

    /// <summary>Something is odd about the message at hand.</summary>
    protected void Notice(string name) => detector.Notice(name, this, this, _pending);

    /// <summary>A number as rules see it.</summary>
    protected bool Give(long number, bool isThere, int instance, out BufferView view)
    {
        BinaryPrimitives.WriteInt64BigEndian(_number, number);
        view = new(_number);
        return isThere && instance == 0;
    }

    protected static bool Give(ReadOnlySpan<byte> bytes, int instance, out BufferView view)
    {
        view = new(bytes);
        return instance == 0 && !bytes.IsEmpty;
    }

    protected static bool Give(IReadOnlyList<byte[]> list, int instance, out BufferView view)
    {
        view = new(instance < list.Count ? list[instance] : default);
        return instance < list.Count;
    }
}
