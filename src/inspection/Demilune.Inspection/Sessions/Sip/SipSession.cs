using System.Text.Json;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Events.Eve;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Wire.Sip;

namespace Demilune.Inspection.Sessions.Sip;

/// <summary>SIP over UDP and TCP. Each message is a transaction.</summary>
internal sealed class SipSession(InspectorOptions options, Detector detector) : MessageSession(options, detector, "sip", Provided)
{
    /// <summary>A message of a stream; RFC 3261 §18.1.1 wants servers to take 64 KiB.</summary>
    private const int MaxMessage = 64 << 10;

    private static readonly BufferId[] Provided =
    [
        BufferId.SipMethod, BufferId.SipUri, BufferId.SipProtocol, BufferId.SipStatCode, BufferId.SipStatMsg, BufferId.SipRequestLine, BufferId.SipResponseLine,
    ];

    private readonly List<byte>[] _held = [[], []];
    private readonly EveText _text = new();
    private byte[] _message = [];
    private bool _isBroken;

    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.Sip,
        OfStream = static (_, bytes) => SipMessage.OfStart(bytes),
        OfDatagram = static (_, bytes) => SipMessage.OfStart(bytes),
        CapturedAt = [5060, 5061],
        Buffers = Provided,
        Events = ["sip.incomplete_data", "sip.invalid_data"],
        Open = static (options, _, detector) => new SipSession(options, detector),
    };

    public override void Begin(RuleSet rules, bool isDatagram)
    {
        base.Begin(rules, isDatagram);
        Clear();
    }

    public override void Deliver(Side from, ReadOnlySpan<byte> bytes)
    {
        if (IsDatagram)
        {
            // Keep-alives have nothing but line ends (RFC 5626 §3.5.1).
            if (!bytes.Trim("\r\n\0"u8).IsEmpty) Take(from, bytes.ToArray(), bytes.Length);
            return;
        }
        var held = _held[(int)from];
        held.AddRange(bytes);
        while (!_isBroken && held.Count > 0)
        {
            // Keep-alives between messages, all at once: a flood of them must not cost its square.
            var first = held.FindIndex(static b => b is not ((byte)'\r' or (byte)'\n'));
            held.RemoveRange(0, first < 0 ? held.Count : first);
            if (held.Count == 0) break;
            var all = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(held);
            var length = SipMessage.LengthOf(all, MaxMessage);
            _isBroken = length < 0 || SipMessage.OfStart(all) == Wire.Detection.No;
            if (length <= 0 || held.Count < length) break;
            Take(from, all[..length].ToArray(), bytes.Length - (held.Count - length));
            held.RemoveRange(0, length);
        }
    }

    public override void Clear()
    {
        base.Clear();
        foreach (var held in _held) held.Clear();
        (_message, _isBroken) = ([], false);
    }

    public override bool IsOver(Side from) => _isBroken;

    public override bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view)
    {
        view = default;
        if (!SipMessage.TryView(_message, out var message)) return false;
        return Give(id switch
        {
            BufferId.SipMethod => message.Method,
            BufferId.SipUri => message.Uri,
            BufferId.SipProtocol => message.Version,
            BufferId.SipStatCode => message.Code,
            BufferId.SipStatMsg => message.Reason,
            BufferId.SipRequestLine => message.IsResponse ? default : message.Line,
            BufferId.SipResponseLine => message.IsResponse ? message.Line : default,
            _ => default,
        }, instance, out view);
    }

    public override void Write(Utf8JsonWriter json)
    {
        if (!SipMessage.TryView(_message, out var message)) return;
        if (message.IsResponse)
        {
            json.WriteString("version"u8, _text.Of(message.Version));
            json.WriteString("code"u8, _text.Of(message.Code));
            json.WriteString("reason"u8, _text.Of(message.Reason));
            json.WriteString("response_line"u8, _text.Of(message.Line));
            return;
        }
        json.WriteString("method"u8, _text.Of(message.Method));
        json.WriteString("uri"u8, _text.Of(message.Uri));
        json.WriteString("version"u8, _text.Of(message.Version));
        json.WriteString("request_line"u8, _text.Of(message.Line));
    }

    /// <param name="from">Who sent it.</param>
    /// <param name="bytes">One message.</param>
    /// <param name="end">Where it ends in what is being delivered.</param>
    private void Take(Side from, byte[] bytes, int end)
    {
        _message = bytes;
        var isWhole = SipMessage.TryView(bytes, out var message);
        Judge(from, bytes, isWhole, isWhole ? null : SipMessage.OfStart(bytes) == Wire.Detection.No ? "sip.invalid_data" : "sip.incomplete_data");
        if (!isWhole) return;
        Frame(FrameType.SipPdu, bytes, end);
        var start = end - bytes.Length;
        Frame(message.IsResponse ? FrameType.SipResponseLine : FrameType.SipRequestLine, message.Line, start + message.Line.Length);
        Frame(message.IsResponse ? FrameType.SipResponseHeaders : FrameType.SipRequestHeaders, message.Fields, start + message.BodyStart);
        if (!message.Body.IsEmpty) Frame(message.IsResponse ? FrameType.SipResponseBody : FrameType.SipRequestBody, message.Body, end);
    }
}
