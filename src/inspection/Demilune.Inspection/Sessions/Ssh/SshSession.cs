using System.Text.Json;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Inspection.Events.Eve;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;

namespace Demilune.Inspection.Sessions.Ssh;

/// <summary>One connection: until both ends encrypt, it is one transaction.</summary>
internal sealed class SshSession : IProtocolSession, ITransaction, IRecordFields
{
    private readonly InspectorOptions _options;
    private readonly Detector _detector;
    private readonly SshSide _client;
    private readonly SshSide _server;
    private readonly EveText _text = new();
    private bool _isTold;

    public SshSession(InspectorOptions options, Detector detector)
    {
        (_options, _detector) = (options, detector);
        (_client, _server) = (new(this, Side.Client), new(this, Side.Server));
    }

    public bool WantsHassh { get; private set; }
    public int Number => 0;
    public bool Lasts => true;
    public string RecordType => "ssh";
    public IRecordFields Record => this;
    public bool IsOpaque => _client.Reader.HasNewKeys && _server.Reader.HasNewKeys && _options.Ssh.Encryption != EncryptionHandling.Inspect;
    public bool IsLetGo => IsOpaque && _options.Ssh.Encryption == EncryptionHandling.Bypass;

    public void Begin(RuleSet rules, bool isDatagram)
    {
        WantsHassh = _options.Ssh.Hassh
            ?? (rules.Inspects(BufferId.SshHassh, FlowDirections.ToServer) || rules.Inspects(BufferId.SshHasshString, FlowDirections.ToServer)
                || rules.Inspects(BufferId.SshHasshServer, FlowDirections.ToClient) || rules.Inspects(BufferId.SshHasshServerString, FlowDirections.ToClient));
    }

    public void Deliver(Side from, ReadOnlySpan<byte> bytes) => Of(from).Reader.Feed(bytes, Of(from));

    public void Close(Side from)
    {
        if (from == Side.Server) Tell();
    }

    public void Clear()
    {
        _detector.Closing(this);
        _client.Clear();
        _server.Clear();
        _isTold = false;
    }

    public bool IsOver(Side from) => false;

    public IMessageBuffers Message(Side from) => Of(from);

    public void Judge(SshSide side, ReadOnlySpan<BufferId> buffers)
    {
        foreach (var id in buffers)
            if (side.TryGet(id, 0, default, out var view)) _detector.Offer(id, view.Bytes);
        _detector.Keep(side.Pending, long.MaxValue);
        _detector.Evaluate(side.Pending, new DetectionBuffers { Message = side }, 0, this);
    }

    public void NewKeys()
    {
        if (!_client.Reader.HasNewKeys || !_server.Reader.HasNewKeys) return;
        // Behind this everything is encrypted.
        _detector.Scope.Flush(_options);
        Tell();
        _detector.Scope.IsFlush = false;
    }

    public void Notice(SshSide side, string name) => _detector.Notice(name, this, side, side.Pending);

    public void Write(Utf8JsonWriter json)
    {
        Write(json, "client"u8, _client);
        Write(json, "server"u8, _server);
    }

    private void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, SshSide side)
    {
        if (!side.Reader.HasBanner) return;
        json.WriteStartObject(name);
        json.WriteString("proto_version"u8, _text.Of(side.Reader.ProtocolVersion));
        if (!side.Reader.SoftwareVersion.IsEmpty) json.WriteString("software_version"u8, _text.Of(side.Reader.SoftwareVersion));
        if (!side.HasshHash.IsEmpty)
        {
            json.WriteStartObject("hassh"u8);
            json.WriteString("hash"u8, side.HasshHash);
            json.WriteString("string"u8, _text.Of(side.HasshText));
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private SshSide Of(Side from) => from == Side.Client ? _client : _server;

    private void Tell()
    {
        if (_isTold || !_options.LogTransactions || !(_client.Reader.HasBanner || _server.Reader.HasBanner)) return;
        _isTold = true;
        _detector.Scope.TellRecord(RecordType, Number, this);
    }
}
