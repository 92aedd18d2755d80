using System.Text.Json;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Events.Eve;
using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;
using Demilune.Wire.Snmp;

namespace Demilune.Inspection.Sessions.Snmp;

/// <summary>SNMP over UDP.</summary>
internal sealed class SnmpSession(InspectorOptions options, Detector detector) : MessageSession(options, detector, "snmp", Provided)
{
    private static readonly BufferId[] Provided = [BufferId.SnmpVersion, BufferId.SnmpPduType, BufferId.SnmpCommunity, BufferId.SnmpUsm];

    private static readonly string[] s_types =
        ["get_request", "get_next_request", "response", "set_request", "trap_v1", "get_bulk_request", "inform_request", "trap_v2", "report"];

    private static readonly string[] s_errors =
    [
        "NoError", "TooBig", "NoSuchName", "BadValue", "ReadOnly", "GenErr", "NoAccess", "WrongType", "WrongLength", "WrongEncoding", "WrongValue", "NoCreation",
        "InconsistentValue", "ResourceUnavailable", "CommitFailed", "UndoFailed", "AuthorizationError", "NotWritable", "InconsistentName",
    ];

    private static readonly string[] s_traps = ["ColdStart", "WarmStart", "LinkDown", "LinkUp", "AuthenticationFailure", "EgpNeighborLoss", "EnterpriseSpecific"];

    private readonly SnmpMessage _message = new();
    private readonly EveText _text = new();
    private int _version;

    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.Snmp,
        OfDatagram = static (_, bytes) => bytes is [0x30, ..] && new SnmpMessage().TryRead(bytes) ? Wire.Detection.Yes : Wire.Detection.No,
        Buffers = Provided,
        Events = ["snmp.malformed_data", "snmp.unknown_security_model", "snmp.version_mismatch"],
        Open = static (options, _, detector) => new SnmpSession(options, detector),
    };

    public override void Deliver(Side from, ReadOnlySpan<byte> bytes)
    {
        var isWhole = _message.TryRead(bytes);
        var isMismatch = isWhole && _version != 0 && _version != _message.Version;
        if (isWhole) _version = _message.Version;
        Judge(from, bytes, isWhole, !isWhole ? "snmp.malformed_data" : isMismatch ? "snmp.version_mismatch" : null);
    }

    public override void Clear()
    {
        base.Clear();
        _version = 0;
    }

    public override bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view) => id switch
    {
        BufferId.SnmpVersion => Give(_message.Version, _message.Version > 0, instance, out view),
        BufferId.SnmpPduType => Give(_message.Type, _message.Type >= 0, instance, out view),
        BufferId.SnmpCommunity => Give(_message.Community, instance, out view),
        BufferId.SnmpUsm => Give(_message.User, instance, out view),
        _ => Give(default(ReadOnlySpan<byte>), instance, out view),
    };

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteNumber("version"u8, _message.Version);
        if (_message.IsEncrypted)
        {
            json.WriteString("pdu_type"u8, "encrypted"u8);
        }
        else if (_message.Type >= 0)
        {
            json.WriteString("pdu_type"u8, s_types[_message.Type]);
            if (_message.Type == 2 && _message.Error != 0) json.WriteString("error"u8, Name(s_errors, _message.Error));
            if (_message.Type == 4)
            {
                json.WriteString("trap_type"u8, Name(s_traps, _message.TrapType));
                json.WriteString("trap_oid"u8, _message.TrapObject);
                if (_message.TrapAddress.Length is 4 or 16) json.WriteString("trap_address"u8, new System.Net.IPAddress(_message.TrapAddress).ToString());
            }
            if (_message.Variables.Count > 0)
            {
                json.WriteStartArray("vars"u8);
                foreach (var name in _message.Variables) json.WriteStringValue(name);
                json.WriteEndArray();
            }
        }
        if (_message.Version < 3) json.WriteString("community"u8, _text.Of(_message.Community));
        else json.WriteString("usm"u8, _text.Of(_message.User));
    }

    private static string Name(string[] names, long number) => number >= 0 && number < names.Length ? names[number] : $"{number}";
}
