using System.Buffers.Binary;
using Demilune.Inspection.Detection;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;

namespace Demilune.Inspection.Sessions;

/// <summary>
/// What protocols have in common whose requests are answered: signatures see each message when it is there, EVE tells of a request together with its answer.
/// </summary>
/// <param name="options">What is told.</param>
/// <param name="detector">Judges.</param>
/// <param name="maxOpen">Requests without an answer; when full, the oldest is told without one.</param>
/// <param name="ofRequest">The buffers that a request may fill.</param>
/// <param name="ofResponse">The same of an answer.</param>
internal abstract class ExchangeSession<T>(InspectorOptions options, Detector detector, int maxOpen, BufferId[] ofRequest, BufferId[] ofResponse)
    : IProtocolSession, IMessageBuffers where T : Exchange, new()
{
    private readonly List<T> _open = [];
    private readonly Stack<T> _spare = new();
    private readonly byte[] _number = new byte[sizeof(long)];
    private RuleSet _rules = RuleSet.Empty;
    private int _transactions;

    /// <summary>Who sent the message at hand.</summary>
    protected Side From { get; private set; }

    /// <summary>What it belongs to.</summary>
    protected T? Current { get; private set; }

    /// <summary>A message is being judged: what lies in its reader's memory is good.</summary>
    protected bool IsAtHand { get; private set; }

    protected bool IsDatagram { get; private set; }

    public virtual void Begin(RuleSet rules, bool isDatagram) => (_rules, _transactions, IsDatagram) = (rules, 0, isDatagram);

    public abstract void Deliver(Side from, ReadOnlySpan<byte> bytes);

    public virtual void Close(Side from)
    {
        if (from == Side.Server) FinishAll();
    }

    public virtual void Clear()
    {
        foreach (var exchange in _open) Recycle(exchange);
        _open.Clear();
        Current = null;
    }

    public abstract bool IsOver(Side from);

    public virtual bool HandsOver => false;

    public virtual int Untaken => 0;

    public virtual bool IsOpaque => false;

    public IMessageBuffers Message(Side from) => this;

    public abstract bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view);

    /// <summary>A request begins another exchange.</summary>
    protected T Open(long key = 0)
    {
        if (IsFull) Finish(_open[0]);
        var exchange = _spare.TryPop(out var spare) ? spare : new();
        (exchange.Number, exchange.Key) = (_transactions++, key);
        _open.Add(exchange);
        return exchange;
    }

    /// <summary>Another request would be one too many.</summary>
    protected bool IsFull => _open.Count == maxOpen;

    /// <summary>The one that has waited longest; null: nobody waits.</summary>
    protected T? Oldest => _open.Count == 0 ? null : _open[0];

    /// <summary>The one that began last; null: nobody waits.</summary>
    protected T? Newest => _open.Count == 0 ? null : _open[^1];

    /// <summary>The oldest with this key.</summary>
    protected T? Find(long key)
    {
        foreach (var exchange in _open)
            if (exchange.Key == key) return exchange;
        return null;
    }

    /// <summary>A message of an exchange has been read: lets signatures see it.</summary>
    /// <param name="exchange">Whose.</param>
    /// <param name="from">Who sent it.</param>
    /// <param name="message">As it came; may be empty.</param>
    protected void Judge(T exchange, Side from, ReadOnlySpan<byte> message)
    {
        (From, Current, IsAtHand) = (from, exchange, true);
        foreach (var id in from == Side.Client ? ofRequest : ofResponse)
        {
            if (!_rules.Inspects(id, from.Direction())) continue;
            for (var instance = 0; TryGet(id, instance, default, out var view); instance++) detector.Offer(id, view.Bytes);
        }
        detector.Keep(exchange.Pending, long.MaxValue);
        detector.Evaluate(exchange.Pending, new DetectionBuffers { Message = this, Payload = message }, 0, exchange);
        IsAtHand = false;
    }

    /// <summary>Something is odd.</summary>
    /// <param name="name">A constant.</param>
    /// <param name="exchange">About what; null: the flow.</param>
    /// <param name="isAmbiguous">Blocks the flow if the policy prevents.</param>
    protected void Notice(string name, T? exchange = null, bool isAmbiguous = false) => detector.Notice(name, exchange, this, exchange?.Pending, isAmbiguous);

    /// <summary>Nothing more belongs to it: tells of it.</summary>
    protected void Finish(T exchange)
    {
        _open.Remove(exchange);
        if (options.LogTransactions) detector.Scope.TellRecord(exchange.RecordType, exchange.Number, exchange);
        Recycle(exchange);
    }

    protected void FinishAll()
    {
        while (_open.Count > 0) Finish(_open[0]);
    }

    /// <summary>A number as rules see it.</summary>
    protected bool Give(long number, bool isThere, int instance, out BufferView view)
    {
        BinaryPrimitives.WriteInt64BigEndian(_number, number);
        view = new(_number);
        return isThere && instance == 0;
    }

    protected static bool Give(ReadOnlySpan<byte> bytes, bool isThere, int instance, out BufferView view)
    {
        view = new(bytes);
        return isThere && instance == 0;
    }

    private void Recycle(T exchange)
    {
        detector.Closing(exchange);
        if (Current == exchange) Current = null;
        exchange.Clear();
        _spare.Push(exchange);
    }
}
