using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Inspection.Files;
using Demilune.Inspection.Reassembly;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Wire.Http1;

namespace Demilune.Inspection.Sessions.Http;

/// <summary>Both directions of a HTTP/1.x connection: parses them, pairs requests with responses, and lets signatures see each buffer as soon as it is there.</summary>
internal sealed partial class HttpSession : IProtocolSession
{
    private readonly InspectorOptions _options;
    private readonly SegmentPool _pool;
    private readonly Detector _detector;
    private readonly FileTracker _files;
    private readonly Direction _request;
    private readonly Direction _response;
    private readonly Queue<HttpTransaction> _open = new();
    private readonly Stack<HttpTransaction> _spare = new();
    private RuleSet _rules = RuleSet.Empty;
    private int _transactions;
    private IRecordFields? _details;
    private bool _isCut;

    public HttpSession(InspectorOptions options, SegmentPool pool, Detector detector)
    {
        (_options, _pool, _detector) = (options, pool, detector);
        _files = new(options, pool, detector);
        _request = new(this, Side.Client);
        _response = new(this, Side.Server);
    }

    /// <summary>Nothing more can be read of this direction.</summary>
    public bool IsOver(Side from) => Of(from).Parser.IsBroken;

    /// <summary>A tunnel, or another protocol (RFC 9110 §7.8, §9.3.6).</summary>
    public bool HandsOver => _request.Parser.IsTunnel;

    public AppProtocol Successor { get; private set; }

    public int Untaken { get; private set; }

    /// <summary>The message this side is busy with, for signatures that look into the stream and a message at once.</summary>
    public IMessageBuffers? Message(Side from) => Of(from).Message;

    public void Begin(RuleSet rules, bool isDatagram)
    {
        _rules = rules;
        _files.Begin(rules);
        (_transactions, _details, _isCut, Successor) = (0, null, false, AppProtocol.Unknown);
        _request.Begin();
        _response.Begin();
    }

    /// <summary>As one exchange of a connection that carries several: its messages are told by whoever reads them.</summary>
    /// <param name="rules">Judge it.</param>
    /// <param name="number">Of its transaction.</param>
    /// <param name="details">What EVE tells of it besides.</param>
    public void BeginExchange(RuleSet rules, int number, IRecordFields details)
    {
        Begin(rules, isDatagram: false);
        (_transactions, _details) = (number, details);
    }

    /// <summary>One exchange of a HTTP/2 connection, and no connection of its own.</summary>
    public bool IsExchange => _details is not null;

    /// <summary>The number of its stream, while the client could be answered on it; null: it could not.</summary>
    public uint? AnswerableStream { get; set; }

    /// <summary>Hears of a side's messages.</summary>
    public IHttp1Events EventsOf(Side from) => Of(from);

    /// <summary>Nothing is open.</summary>
    public bool IsIdle => _open.Count == 0;

    /// <summary>Everything that is open ends here, in the middle.</summary>
    public void Cut()
    {
        _isCut = true;
        foreach (var direction in (ReadOnlySpan<Direction>)[_request, _response])
            if (direction.Message is { HasHead: true, IsComplete: false }) direction.End();
        while (_open.TryPeek(out var transaction)) Finish(transaction);
    }

    /// <summary>Takes bytes that have come in order.</summary>
    public void Deliver(Side from, ReadOnlySpan<byte> bytes) => Untaken = bytes.Length - Of(from).Deliver(bytes);

    public bool TrySkip(Side from, long count)
    {
        Of(from).Skip(count);
        return true;
    }

    /// <summary>This side will send no more.</summary>
    public void Close(Side from)
    {
        var direction = Of(from);
        direction.Close();
        if (from == Side.Server)
            while (_open.TryPeek(out var transaction)) Finish(transaction);
    }

    /// <summary>Gives everything back.</summary>
    public void Clear()
    {
        while (_open.TryDequeue(out var transaction)) Recycle(transaction);
        _request.Clear();
        _response.Clear();
    }

    private Direction Of(Side from) => from == Side.Client ? _request : _response;

    private HttpTransaction Open()
    {
        var transaction = _spare.TryPop(out var spare) ? spare : new(_options.Http, _pool);
        transaction.Number = _transactions++;
        transaction.Details = _details;
        _open.Enqueue(transaction);
        return transaction;
    }

    /// <summary>The oldest one is over: tells of it and forgets it.</summary>
    private void Finish(HttpTransaction transaction)
    {
        _open.Dequeue();
        Truncate(transaction.Request);
        Truncate(transaction.Response);
        if (_options.LogTransactions && (transaction.Request.HasHead || transaction.Response.HasHead || transaction.Details is not null))
        {
            var scope = _detector.Scope;
            var from = scope.From;
            scope.Face(Side.Client);
            var context = scope.Context();
            scope.Events.Http(new(in context, transaction.Number, transaction.Fields()));
            scope.Face(from);
        }
        _request.Forget(transaction);
        _response.Forget(transaction);
        Recycle(transaction);
    }

    /// <summary>A file that is still open ends here.</summary>
    private void Truncate(HttpMessage message)
    {
        if (message.File is not { } file) return;
        message.File = null;
        _files.Close(file, FileState.Truncated);
    }

    private void Recycle(HttpTransaction transaction)
    {
        _detector.Closing(transaction);
        Forget(transaction.Request);
        Forget(transaction.Response);
        transaction.Clear();
        _spare.Push(transaction);
    }

    private void Forget(HttpMessage message)
    {
        if (message.File is not null) _files.Forget(message.File);
        message.File = null;
    }

    private static Http1RequestKind KindOf(ReadOnlySpan<byte> method) =>
        method.SequenceEqual("HEAD"u8) ? Http1RequestKind.Head : method.SequenceEqual("CONNECT"u8) ? Http1RequestKind.Connect : Http1RequestKind.Ordinary;

}
