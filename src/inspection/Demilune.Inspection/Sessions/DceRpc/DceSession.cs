using Demilune.Inspection.Detection;
using Demilune.Inspection.Reassembly;
using Demilune.Rules.Compile;
using Demilune.Wire.DceRpc;

namespace Demilune.Inspection.Sessions.DceRpc;

/// <summary>A DCE/RPC connection. Each call is a transaction.</summary>
internal sealed class DceSession(InspectorOptions options, SegmentPool pool, Detector detector) : IProtocolSession
{
    private readonly DceReader[] _readers = [new(), new()];
    private readonly DceConversation _conversation = new(pool, detector, isOverPipe: false);
    private readonly Stack<DceTransaction> _spare = new();
    private DceTransaction? _latest;
    private int _transactions;
    private bool _isUnreadable;

    public void Begin(RuleSet rules, bool isDatagram)
    {
        foreach (var reader in _readers) reader.Reset();
        _conversation.Begin();
        (_transactions, _isUnreadable) = (0, false);
    }

    public void Deliver(Side from, ReadOnlySpan<byte> bytes)
    {
        var reader = _readers[(int)from];
        while (reader.TryRead(ref bytes, out var fragment))
        {
            // Captures: whatever comes together with a fragment Suricata does not read, and nothing behind one of another kind.
            var isObserved = options.Streams is not null;
            _isUnreadable |= isObserved && !DceConversation.IsRead(fragment.Type);
            if (_isUnreadable) return;
            Take(from, fragment);
            if (isObserved) return;
        }
    }

    public void Close(Side from)
    {
        if (from != Side.Server) return;
        while (_conversation.Calls.Count > 0) Finish(_conversation.Calls[0]);
    }

    public void Clear()
    {
        foreach (var call in _conversation.Calls) Recycle((DceTransaction)call.Transaction);
        _conversation.Clear();
        _latest = null;
    }

    public bool IsOver(Side from) => _isUnreadable || _readers[(int)from].IsBroken;

    public IMessageBuffers? Message(Side from) => _latest;

    private void Take(Side from, DceFragment fragment)
    {
        if (_conversation.Find(from, fragment, out var isNew) is not { } call) return;
        if (isNew)
        {
            var transaction = _spare.TryPop(out var spare) ? spare : new((json, told) => DceFields.Write(json, told, _conversation));
            (transaction.Number, transaction.Call) = (_transactions++, call);
            (call.Transaction, call.Message) = (transaction, transaction);
        }
        _latest = (DceTransaction)call.Transaction;
        _latest.Facing = from;
        if (_conversation.Take(from, fragment, call)) Finish(call);
    }

    private void Finish(DceCall call)
    {
        var transaction = (DceTransaction)call.Transaction;
        if (options.LogTransactions)
            detector.Scope.TellRecord(transaction.RecordType, transaction.Number, transaction);
        Recycle(transaction);
        _conversation.Forget(call);
    }

    private void Recycle(DceTransaction transaction)
    {
        transaction.Call = null;
        if (_latest == transaction) _latest = null;
        _spare.Push(transaction);
    }
}
