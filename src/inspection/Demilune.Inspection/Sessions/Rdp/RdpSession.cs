using System.Text.Json;
using Demilune.Inspection.Detection;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Wire;
using Demilune.Wire.Rdp;
using Demilune.Wire.Tls;
using Demilune.Wire.X509;

namespace Demilune.Inspection.Sessions.Rdp;

/// <summary>RDP, as far as both ends agree on how to go on; behind that it is a stream of pictures, mostly encrypted.</summary>
internal sealed class RdpSession : MessageSession, ITlsEvents
{
    private const byte TlsHandshake = 0x16;

    private readonly HeadedReader[] _readers = [NewReader(), NewReader()];
    private readonly TlsReader[] _tls = [new(), new()];
    private readonly bool[] _isTls = new bool[2];
    private readonly RdpMessage _message = new();
    private List<string>? _serials;
    private bool _isOver;

    private RdpSession(InspectorOptions options, Detector detector)
        : base(options, detector, "rdp", [])
    {
    }

    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.Rdp,
        OfStream = static (from, bytes) => from == Side.Client ? RdpMessage.OfClient(bytes) : Wire.Detection.No,
        Ports = [3389],
        AtPort = static (_, bytes) => RdpMessage.OfAny(bytes),
        Buffers = [],
        Open = static (options, _, detector) => new RdpSession(options, detector),
    };

    public override void Begin(RuleSet rules, bool isDatagram)
    {
        base.Begin(rules, isDatagram);
        foreach (var reader in _readers) reader.Reset();
        foreach (var reader in _tls) reader.Reset();
        _isTls[0] = _isTls[1] = _isOver = false;
        _serials = null;
    }

    public override void Deliver(Side from, ReadOnlySpan<byte> bytes)
    {
        var side = (int)from;
        while (!_isOver && !bytes.IsEmpty)
        {
            if (_isTls[side])
            {
                _tls[side].Feed(bytes, from == Side.Server ? this : Deaf.Instance);
                return;
            }
            if (bytes[0] == TlsHandshake && _readers[side].IsBetween)
            {
                _isTls[side] = true;
                continue;
            }
            if (_readers[side].TryRead(ref bytes, out var message)) Take(from, message);
            _isOver |= _readers[side].IsBroken;
        }
    }

    public override bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view)
    {
        view = default;
        return false;
    }

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteNumber("tx_id"u8, Number + 1);
        if (_serials is not null) RdpFields.WriteSerials(json, _serials);
        else RdpFields.Write(json, _message);
    }

    void ITlsEvents.Record(ushort version)
    {
    }

    void ITlsEvents.Handshake(TlsHandshakeType type, ReadOnlySpan<byte> body)
    {
        if (type != TlsHandshakeType.Certificate || _isOver) return;
        _serials = [];
        var reader = new WireReader(body);
        var list = new WireReader(reader.Take(reader.U24()));
        while (!list.IsEmpty && !list.Failed)
            if (Certificate.Read(list.Take(list.U24()), out var certificate) == CertificateFault.None && certificate is not null)
                _serials.Add(certificate.Serial.Replace(":", "", StringComparison.Ordinal).TrimStart('0').ToLowerInvariant());
        Judge(Side.Server, body);
        _serials = null;
        _isOver = true;
    }

    void ITlsEvents.Version2(byte type, ReadOnlySpan<byte> body)
    {
    }

    void ITlsEvents.Other(TlsContentType type, int length, ReadOnlySpan<byte> start)
    {
    }

    void ITlsEvents.Fault(TlsFault fault)
    {
    }

    private static HeadedReader NewReader() => new(RdpMessage.HeaderLength, RdpMessage.LengthOf);

    private void Take(Side from, ReadOnlySpan<byte> message)
    {
        _message.Read(message);
        var isExpected = from == Side.Client
            ? _message.Type is RdpMessageType.ConnectionRequest or RdpMessageType.ConnectRequest
            : _message.Type is RdpMessageType.ConnectionConfirm or RdpMessageType.ConnectResponse;
        if (!isExpected) return;
        Judge(from, message);
        _isOver |= _message.Type == RdpMessageType.ConnectResponse;
    }

    /// <summary>Of the client's handshake nothing is told.</summary>
    private sealed class Deaf : ITlsEvents
    {
        public static Deaf Instance { get; } = new();

        public void Record(ushort version)
        {
        }

        public void Handshake(TlsHandshakeType type, ReadOnlySpan<byte> body)
        {
        }

        public void Version2(byte type, ReadOnlySpan<byte> body)
        {
        }

        public void Other(TlsContentType type, int length, ReadOnlySpan<byte> start)
        {
        }

        public void Fault(TlsFault fault)
        {
        }
    }
}
