using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Wire.Dnp3;

namespace Demilune.Inspection.Sessions.Dnp3;

/// <summary>One connection. A transaction is a fragment of the application layer: what answers it is one of its own, as in Suricata.</summary>
internal sealed class Dnp3Session(InspectorOptions options, Detector detector) : IProtocolSession
{
    /// <summary>Fragments of a side whose last segment is waited for, one for each pair of stations; when full, the oldest is given up and told.</summary>
    private const int MaxOpen = 16;

    /// <summary>The master's word that it got a response: nothing in it to judge or log.</summary>
    private const byte Confirm = 0;

    private readonly Dnp3LinkReader[] _readers = [new(), new()];
    private readonly List<Dnp3Fragment>[] _open = [[], []];
    private readonly Dnp3Transaction[] _transactions = [new(), new()];
    private readonly Stack<Dnp3Fragment> _spare = new();
    private RuleSet _rules = RuleSet.Empty;
    private int _count;

    public void Begin(RuleSet rules, bool isDatagram)
    {
        Clear();
        (_rules, _count) = (rules, 0);
    }

    public void Deliver(Side from, ReadOnlySpan<byte> bytes)
    {
        while (_readers[(int)from].TryRead(ref bytes, out var outcome, out var link, out var data))
        {
            switch (outcome)
            {
                case Dnp3FrameOutcome.UserData: Take(from, link, data); break;
                case Dnp3FrameOutcome.BadLinkCrc: Notice(from, "dnp3.bad_link_crc"); break;
                case Dnp3FrameOutcome.BadDataCrc: Notice(from, "dnp3.bad_transport_crc"); break;
                default: Notice(from, "dnp3.len_too_small"); break;
            }
        }
    }

    public void Close(Side from)
    {
        var open = _open[(int)from];
        while (open.Count > 0) GiveUp(from, open[0]);
    }

    public void Clear()
    {
        foreach (var reader in _readers) reader.Reset();
        foreach (var open in _open)
        {
            foreach (var fragment in open) _spare.Push(fragment);
            open.Clear();
        }
        foreach (var transaction in _transactions) Free(transaction);
    }

    /// <summary>Devices look for the next frame, and so do we.</summary>
    public bool IsOver(Side from) => false;

    public IMessageBuffers? Message(Side from) => _transactions[(int)from];

    private void Take(Side from, Dnp3Link link, ReadOnlySpan<byte> data)
    {
        var isRequest = from == Side.Client;
        var isFirst = data is [var transport, ..] && (transport & 0x40) != 0;
        if (data.Length < (isFirst ? Dnp3Fragment.LeastLength(isRequest) : 2))
        {
            Notice(from, "dnp3.len_too_small");
            return;
        }
        var open = _open[(int)from];
        var fragment = Find(open, link);
        if (isFirst)
        {
            // §8.2.1: a new first segment throws away what was begun between the two stations.
            if (fragment is not null) GiveUp(from, fragment);
            if (isRequest && data[2] == Confirm) return;
            if (!_spare.TryPop(out fragment)) fragment = new();
            fragment.Begin(link, data, isRequest);
            open.Add(fragment);
        }
        else
        {
            if (fragment is null || !fragment.IsContinuedBy(link, data[0])) return;
            if (!fragment.TryAdd(data))
            {
                Notice(from, "dnp3.malformed");
                GiveUp(from, fragment);
                return;
            }
        }
        if ((data[0] & 0x80) != 0) Complete(from, fragment);
        else if (open.Count > MaxOpen)
        {
            Notice(from, "dnp3.flooded");
            GiveUp(from, open[0]);
        }
    }

    private static Dnp3Fragment? Find(List<Dnp3Fragment> open, Dnp3Link link)
    {
        foreach (var fragment in open)
            if (fragment.Link.Source == link.Source && fragment.Link.Destination == link.Destination) return fragment;
        return null;
    }

    private void Complete(Side from, Dnp3Fragment fragment)
    {
        fragment.ReadObjects();
        var transaction = Next(from, fragment);
        var direction = from == Side.Client ? FlowDirections.ToServer : FlowDirections.ToClient;
        foreach (var id in Dnp3Protocol.Definition.Buffers)
        {
            if (!_rules.Inspects(id, direction)) continue;
            for (var instance = 0; transaction.TryGet(id, instance, default, out var view); instance++) detector.Offer(id, view.Bytes);
        }
        detector.Keep(transaction.Pending, long.MaxValue);
        detector.Evaluate(transaction.Pending, new DetectionBuffers { Message = transaction }, 0, transaction);
        if (fragment.HasUnknownObject) detector.Notice("dnp3.unknown_object", transaction, transaction, transaction.Pending);
        _open[(int)from].Remove(fragment);
        Log(transaction);
    }

    /// <summary>Its last segment will not come: no device acts on it, and so no rule sees it.</summary>
    private void GiveUp(Side from, Dnp3Fragment fragment)
    {
        _open[(int)from].Remove(fragment);
        Log(Next(from, fragment));
    }

    private void Notice(Side from, string name)
    {
        var transaction = Next(from, null);
        detector.Notice(name, transaction, transaction, transaction.Pending);
    }

    private Dnp3Transaction Next(Side from, Dnp3Fragment? fragment)
    {
        var transaction = _transactions[(int)from];
        Free(transaction);
        transaction.Begin(_count, fragment);
        if (fragment is not null) _count++;
        return transaction;
    }

    private void Free(Dnp3Transaction transaction)
    {
        if (transaction.Fragment is { } fragment) _spare.Push(fragment);
        transaction.Clear();
    }

    private void Log(Dnp3Transaction transaction)
    {
        if (!options.LogTransactions || transaction.Log is not { } record) return;
        detector.Scope.TellRecord("dnp3", transaction.Number, record);
    }
}
