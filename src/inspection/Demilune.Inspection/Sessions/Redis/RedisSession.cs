using System.Text;
using Demilune.Inspection.Detection;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Wire.Redis;

namespace Demilune.Inspection.Sessions.Redis;

/// <summary>One connection. Replies come in the order of the commands; what a server says unasked is an exchange without a request.</summary>
internal sealed class RedisSession(InspectorOptions options, Detector detector)
    : ExchangeSession<RedisExchange>(options, detector, MaxPipelined, RedisProtocol.OfRequest, RedisProtocol.OfResponse)
{
    /// <summary>Commands on their way: clients send some dozens at once, bulk loaders thousands, of which the oldest are told without a reply.</summary>
    private const int MaxPipelined = 256;

    /// <summary>Longer than any command's name.</summary>
    private const int MaxCommand = 64;

    private readonly RespReader _client = new(isClient: true);
    private readonly RespReader _server = new(isClient: false);
    private readonly byte[] _command = new byte[MaxCommand];
    private bool _isReplica;

    public override void Begin(RuleSet rules, bool isDatagram)
    {
        base.Begin(rules, isDatagram);
        _isReplica = false;
    }

    public override void Deliver(Side from, ReadOnlySpan<byte> bytes)
    {
        // What a replica is sent is a copy of the data and then what changes of it, in a form of its own: rules about the stream see it.
        if (_isReplica && from == Side.Server) return;
        var reader = Of(from);
        while (reader.TryRead(ref bytes))
        {
            if (from == Side.Client) TakeCommand();
            else TakeReply();
        }
        if (reader.IsBroken) Notice(RedisProtocol.Malformed, isAmbiguous: true);
    }

    public override void Clear()
    {
        base.Clear();
        _client.Reset();
        _server.Reset();
    }

    public override bool IsOver(Side from) => Of(from).IsBroken;

    public override bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view)
    {
        view = default;
        var isCommand = From == Side.Client;
        switch (id)
        {
            case BufferId.RedisCommand: return Current is { Command.IsThere: true } exchange && Give(exchange.Command.Bytes, true, instance, out view);
            case BufferId.RedisKey when isCommand: return _client.Elements.Count > 1 && Give(_client[_client.Elements[1]], true, instance, out view);
            case BufferId.RedisKey: return Current is { FirstArgument.IsThere: true } asked && Give(asked.FirstArgument.Bytes, true, instance, out view);
            case BufferId.RedisArgument when isCommand && instance + 1 < _client.Elements.Count:
                view = new(_client[_client.Elements[instance + 1]]);
                return true;
            case BufferId.RedisReply when !isCommand && instance < _server.Elements.Count:
                view = new(_server[_server.Elements[instance]]);
                return true;
            case BufferId.RedisError:
                return !isCommand && _server.Elements is [{ Type: RespType.Error or RespType.BulkError } error, ..] && Give(_server[error], true, instance, out view);
            default: return false;
        }
    }

    private RespReader Of(Side from) => from == Side.Client ? _client : _server;

    private void TakeCommand()
    {
        var exchange = Open();
        var name = _client[_client.Elements[0]];
        Ascii.ToUpper(name[..Math.Min(name.Length, MaxCommand)], _command, out var length);
        exchange.Ask(_command.AsSpan(0, length), _client);
        _isReplica |= exchange.Command.Bytes is [.., (byte)'S', (byte)'Y', (byte)'N', (byte)'C'];
        Judge(exchange, Side.Client, default);
    }

    private void TakeReply()
    {
        var isUnasked = _server.Elements[0].Type == RespType.Push || Oldest is null;
        var exchange = isUnasked ? Open() : Oldest!;
        exchange.Answer(_server);
        Judge(exchange, Side.Server, default);
        Finish(exchange);
    }
}
