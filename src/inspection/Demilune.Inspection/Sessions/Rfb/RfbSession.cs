using System.Buffers.Binary;
using System.Text.Json;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Events.Eve;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Wire.Rfb;

namespace Demilune.Inspection.Sessions.Rfb;

/// <summary>VNC: its handshake is the only transaction.</summary>
internal sealed class RfbSession(InspectorOptions options, Detector detector) : MessageSession(options, detector, "rfb", Provided)
{
    private static readonly BufferId[] Provided = [BufferId.RfbName, BufferId.RfbSecurityType, BufferId.RfbSecurityResult];

    private readonly RfbHandshake _handshake = new();
    private readonly EveText _text = new();
    private bool _isTold;

    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.Rfb,
        OfStream = static (_, bytes) => bytes.StartsWith("RFB "u8) ? Wire.Detection.Yes : "RFB "u8.StartsWith(bytes) ? Wire.Detection.Incomplete : Wire.Detection.No,
        Buffers = Provided,
        Events = ["rfb.unimplemented_security_type", "rfb.unknown_security_result", "rfb.malformed_message", "rfb.confused_state"],
        Open = static (options, _, detector) => new RfbSession(options, detector),
    };

    public override void Begin(RuleSet rules, bool isDatagram)
    {
        base.Begin(rules, isDatagram);
        _handshake.Reset();
        _handshake.Heard = (fromClient, message) => Frame(FrameType.RfbPdu, message, 0);
        _isTold = false;
    }

    public override void Deliver(Side from, ReadOnlySpan<byte> bytes)
    {
        if (_isTold) return;
        _handshake.Feed(from == Side.Client, bytes);
        if (_handshake.IsOver) Tell(from, _handshake.IsForeign ? "rfb.unimplemented_security_type" : _handshake.IsBroken && _handshake.Result is null ? "rfb.malformed_message" : null);
    }

    public override void Close(Side from)
    {
        if (!_isTold && _handshake.ServerVersion.Length > 0 && from == Side.Server) Tell(from, null);
    }

    public override bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view) => id switch
    {
        BufferId.RfbName => Give(_handshake.Name, instance, out view),
        BufferId.RfbSecurityType => Give(_handshake.SecurityType ?? 0, _handshake.SecurityType is not null, instance, out view),
        BufferId.RfbSecurityResult => Give(_handshake.Result ?? 0, _handshake.Result is not null, instance, out view),
        _ => Give(default(ReadOnlySpan<byte>), instance, out view),
    };

    public override void Write(Utf8JsonWriter json)
    {
        WriteVersion(json, "server_protocol_version"u8, _handshake.ServerVersion);
        WriteVersion(json, "client_protocol_version"u8, _handshake.ClientVersion);
        if (_handshake.SecurityType is { } type)
        {
            json.WriteStartObject("authentication"u8);
            json.WriteNumber("security_type"u8, type);
            if (_handshake is { Challenge: { } challenge, Response: { } response })
            {
                json.WriteStartObject("vnc"u8);
                json.WriteString("challenge"u8, Convert.ToHexStringLower(challenge));
                json.WriteString("response"u8, Convert.ToHexStringLower(response));
                json.WriteEndObject();
            }
            if (_handshake.Result is { } result) json.WriteString("security_result"u8, result switch { 0 => "OK", 1 => "FAIL", 2 => "TOOMANY", _ => $"UNKNOWN ({result})" });
            json.WriteEndObject();
        }
        if (_handshake.IsShared is { } isShared) json.WriteBoolean("screen_shared"u8, isShared);
        if (_handshake.Screen is { } screen) WriteScreen(json, screen);
    }

    private void WriteScreen(Utf8JsonWriter json, ReadOnlySpan<byte> screen)
    {
        json.WriteStartObject("framebuffer"u8);
        json.WriteNumber("width"u8, BinaryPrimitives.ReadUInt16BigEndian(screen));
        json.WriteNumber("height"u8, BinaryPrimitives.ReadUInt16BigEndian(screen[2..]));
        json.WriteString("name"u8, _text.Of(_handshake.Name));
        json.WriteStartObject("pixel_format"u8);
        json.WriteNumber("bits_per_pixel"u8, screen[4]);
        json.WriteNumber("depth"u8, screen[5]);
        json.WriteBoolean("big_endian"u8, screen[6] != 0);
        json.WriteBoolean("true_color"u8, screen[7] != 0);
        json.WriteNumber("red_max"u8, BinaryPrimitives.ReadUInt16BigEndian(screen[8..]));
        json.WriteNumber("green_max"u8, BinaryPrimitives.ReadUInt16BigEndian(screen[10..]));
        json.WriteNumber("blue_max"u8, BinaryPrimitives.ReadUInt16BigEndian(screen[12..]));
        json.WriteNumber("red_shift"u8, screen[14]);
        json.WriteNumber("green_shift"u8, screen[15]);
        json.WriteNumber("blue_shift"u8, screen[16]);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteVersion(Utf8JsonWriter json, ReadOnlySpan<byte> name, byte[] version)
    {
        if (version.Length < 11) return;
        json.WriteStartObject(name);
        json.WriteString("major"u8, _text.Of(version.AsSpan(4, 3)));
        json.WriteString("minor"u8, _text.Of(version.AsSpan(8, 3)));
        json.WriteEndObject();
    }

    private void Tell(Side from, string? noticed)
    {
        _isTold = true;
        Judge(from, default, isTold: true, noticed);
    }
}
