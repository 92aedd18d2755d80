using Demilune.Inspection.Detection;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Wire.Ldap;

namespace Demilune.Inspection.Sessions.Ldap;

/// <summary>One connection, or a flow of datagrams. Answers name their request.</summary>
internal sealed class LdapSession(InspectorOptions options, Detector detector)
    : ExchangeSession<LdapExchange>(options, detector, MaxOpen, LdapProtocol.OfRequest, LdapProtocol.OfResponse)
{
    /// <summary>Suricata's limit.</summary>
    private const int MaxOpen = 256;

    private readonly LdapReader[] _readers = [new(), new()];
    private readonly LdapMessage _message = new();
    private readonly bool _isTold = options.LogTransactions;
    private bool _mayWrap, _isWrapped, _handsOver;

    /// <summary>A login by SASL was granted, and what came then was no message: it is signed or sealed.</summary>
    public override bool IsOpaque => _isWrapped;

    /// <summary>TLS was asked for and granted.</summary>
    public override bool HandsOver => _handsOver;

    public override void Begin(RuleSet rules, bool isDatagram)
    {
        base.Begin(rules, isDatagram);
        (_mayWrap, _isWrapped, _handsOver) = (false, false, false);
    }

    public override void Deliver(Side from, ReadOnlySpan<byte> bytes)
    {
        if (_isWrapped) return;
        var reader = _readers[(int)from];
        if (IsDatagram) reader.Reset();     // one may hold several messages, all of each
        // What is wrapped begins with its length (RFC 4422 §3.7), a message with its tag.
        if (_mayWrap && reader.IsBetween && bytes is [0, ..])
        {
            _isWrapped = true;
            return;
        }
        while (!_handsOver && reader.TryRead(ref bytes, out var message, out var isCut)) Take(from, message, isCut);
        if (reader.IsBroken) Notice(LdapProtocol.Invalid, isAmbiguous: true);
        else if (IsDatagram && !reader.IsBetween) Notice(LdapProtocol.Incomplete, isAmbiguous: true);
    }

    public override void Clear()
    {
        base.Clear();
        foreach (var reader in _readers) reader.Reset();
    }

    public override bool IsOver(Side from) => !IsDatagram && _readers[(int)from].IsBroken;

    public override bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view)
    {
        view = default;
        if (Current is not { } exchange) return false;
        var isRequest = From == Side.Client;
        switch (id)
        {
            case BufferId.LdapRequestOperation: return Give((long)(exchange.Asked ?? 0), exchange.Asked is not null, instance, out view);
            case BufferId.LdapRequestDn: return Give(_message.Name, isRequest && _message.HasName, instance, out view);
            case BufferId.LdapRequestAttributeType: return isRequest && TryGetType(instance, out view);
            case BufferId.LdapRequestAttributes: return isRequest && TryGetPair(instance, out view);
            case BufferId.LdapResponsesOperation: return Give(exchange.Operations, !isRequest, instance, out view);
            case BufferId.LdapResponsesResultCode: return Give(exchange.Codes, !isRequest, instance, out view);
            case BufferId.LdapResponsesCount: return Give(exchange.Count, !isRequest && exchange.IsComplete, instance, out view);
            case BufferId.LdapResponsesDn: return Give(_message.Name, !isRequest && _message.HasName, instance, out view);
            case BufferId.LdapResponsesMessage: return Give(_message.Text, !isRequest && _message.ResultCode is not null, instance, out view);
            case BufferId.LdapResponsesAttributeType: return !isRequest && TryGetType(instance, out view);
            case BufferId.LdapResponsesAttributes: return !isRequest && TryGetPair(instance, out view);
            default: return false;
        }
    }

    private bool TryGetType(int instance, out BufferView view)
    {
        view = instance < _message.TypeCount ? new(_message.Type(instance)) : default;
        return instance < _message.TypeCount;
    }

    private bool TryGetPair(int instance, out BufferView view)
    {
        view = instance < _message.ValueCount ? new(_message.Pair(instance)) : default;
        return instance < _message.ValueCount;
    }

    private void Take(Side from, ReadOnlySpan<byte> message, bool isCut)
    {
        var isWhole = _message.TryRead(message, isCut);
        if (!isWhole && !isCut && !_message.IsKnown)
        {
            Notice(LdapProtocol.Invalid, isAmbiguous: true);
            return;
        }
        var exchange = from == Side.Client ? TakeRequest() : TakeResponse();
        Judge(exchange, from, message);
        if (!isWhole && !isCut) Notice(LdapProtocol.Invalid, exchange, isAmbiguous: true);
        if (from == Side.Server && exchange is { IsComplete: true }) Conclude(exchange);
        else if (_message.Operation is LdapOperation.UnbindRequest or LdapOperation.AbandonRequest) Finish(exchange);
    }

    private LdapExchange TakeRequest()
    {
        if (IsFull && Oldest is { } oldest) Notice(LdapProtocol.TooMany, oldest);
        var exchange = Open(_message.Id);
        exchange.Ask(_message, _isTold);
        return exchange;
    }

    private LdapExchange TakeResponse()
    {
        var exchange = Find(_message.Id);
        // What a server says unasked (RFC 4511 §4.4) is an extended response; anything else has lost its request.
        if (exchange is null && _message.Operation != LdapOperation.ExtendedResponse) Notice(LdapProtocol.NotFound);
        exchange ??= Open(_message.Id);
        exchange.Answer(_message, _isTold);
        return exchange;
    }

    private void Conclude(LdapExchange exchange)
    {
        var isGranted = _message.ResultCode == 0;
        _mayWrap |= isGranted && exchange.IsSasl;
        _handsOver = isGranted && exchange.IsStartTls;
        Finish(exchange);
    }
}
