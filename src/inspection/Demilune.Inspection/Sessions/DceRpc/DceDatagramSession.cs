using Demilune.Inspection.Detection;
using Demilune.Inspection.Reassembly;
using Demilune.Rules.Compile;
using Demilune.Wire.DceRpc;

namespace Demilune.Inspection.Sessions.DceRpc;

/// <summary>DCE/RPC over UDP: every datagram says itself which call it belongs to and what is called. Each call is a transaction.</summary>
internal sealed class DceDatagramSession(InspectorOptions options, SegmentPool pool, Detector detector) : IProtocolSession
{
    /// <summary>Calls without an answer. A client has one at a time for each of its activities; when full, the oldest is told without one.</summary>
    private const int MaxCalls = 256;

    private readonly List<DceCall> _calls = [];
    private readonly Stack<DceCall> _spare = new();
    private DceTransaction? _latest;
    private int _transactions;
    private bool _isUnreadable;

    public void Begin(RuleSet rules, bool isDatagram) => (_transactions, _isUnreadable) = (0, false);

    public void Deliver(Side from, ReadOnlySpan<byte> bytes)
    {
        if (_isUnreadable) return;
        var isRead = DceDatagram.TryView(bytes, out var datagram) && datagram.Type is DceType.Request or DceType.Response;
        // Captures: Suricata gives up at the first that is neither. To us pings and acknowledgments carry nothing.
        if (!isRead) _isUnreadable = options.Streams is not null;
        else Take(datagram);
    }

    public void Close(Side from)
    {
        if (from != Side.Server) return;
        // In captures Suricata has no record of a call without an answer.
        while (options.Streams is null && _calls.Count > 0) Finish(_calls[0]);
    }

    public void Clear()
    {
        foreach (var call in _calls) Recycle(call);
        _calls.Clear();
        _latest = null;
    }

    public bool IsOver(Side from) => _isUnreadable;

    public IMessageBuffers? Message(Side from) => _latest;

    private void Take(DceDatagram datagram)
    {
        // A server may ask its client back (C706 §10.2.5): what a message is counts, not who sends it.
        var side = datagram.Type == DceType.Request ? Side.Client : Side.Server;
        var call = Find(side, datagram) ?? Open(datagram);
        _latest = (DceTransaction)call.Transaction;
        _latest.Facing = side;
        var part = call.Of(side);
        // Fragments are read in the order in which they come, those that come again included: the first may never have arrived.
        part.Type = datagram.Type;
        part.Fragments++;
        part.IsLittleEndian = datagram.IsLittleEndian;
        part.IsComplete = datagram.IsLast;
        if (side == Side.Client && part.Fragments == 1) call.Name(datagram.Interface, 0, datagram.Operation);
        call.Inspect(detector, side, datagram.Stub);
        if (side == Side.Server && part.IsComplete) Finish(call);
    }

    private DceCall? Find(Side side, DceDatagram datagram)
    {
        foreach (var call in _calls)
            if (call.Id == datagram.Sequence && call.Activity == datagram.Activity && !call.Of(side).IsComplete) return call;
        return null;
    }

    private DceCall Open(DceDatagram datagram)
    {
        if (_calls.Count == MaxCalls) Finish(_calls[0]);
        if (!_spare.TryPop(out var call))
        {
            call = new(pool);
            var transaction = new DceTransaction(DceFields.WriteDatagram);
            (call.Transaction, call.Message) = (transaction, transaction);
        }
        call.Begin(datagram.Sequence, datagram.Activity);
        var opened = (DceTransaction)call.Transaction;
        (opened.Number, opened.Call) = (_transactions++, call);
        _calls.Add(call);
        return call;
    }

    private void Finish(DceCall call)
    {
        if (options.LogTransactions) detector.Scope.TellRecord("dcerpc", call.Transaction.Number, (DceTransaction)call.Transaction);
        _calls.Remove(call);
        Recycle(call);
    }

    private void Recycle(DceCall call)
    {
        if (_latest == call.Transaction) _latest = null;
        call.Clear();
        _spare.Push(call);
    }
}
