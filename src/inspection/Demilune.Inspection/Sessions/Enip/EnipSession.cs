using System.Text.Json;
using Demilune.Inspection.Detection;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Wire;
using Demilune.Wire.Enip;

namespace Demilune.Inspection.Sessions.Enip;

/// <summary>EtherNet/IP with CIP over TCP and UDP.</summary>
internal sealed class EnipSession(InspectorOptions options, Detector detector) : MessageSession(options, detector, "enip", Provided)
{
    private static readonly BufferId[] Provided = [BufferId.EnipCommand, BufferId.CipService];

    private readonly HeadedReader[] _readers = [NewReader(), NewReader()];
    private readonly EnipMessage _message = new();

    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.Enip,
        OfStream = static (from, bytes) => from == Side.Client ? EnipDetection.OfClient(bytes) : Wire.Detection.No,
        OfDatagram = static (_, _) => Wire.Detection.No,
        Ports = [44818, 2222],
        AtPort = static (_, bytes) => EnipDetection.OfAny(bytes),
        Buffers = Provided,
        Events = ["enip.malformed_data"],
        Open = static (options, _, detector) => new EnipSession(options, detector),
    };

    public override void Begin(RuleSet rules, bool isDatagram)
    {
        base.Begin(rules, isDatagram);
        foreach (var reader in _readers) reader.Reset();
    }

    public override void Deliver(Side from, ReadOnlySpan<byte> bytes)
    {
        if (IsDatagram)
        {
            Take(from, bytes);
            return;
        }
        while (_readers[(int)from].TryRead(ref bytes, out var message)) Take(from, message);
    }

    public override bool TrySkip(Side from, long count)
    {
        _readers[(int)from].Skip(count);
        return true;
    }

    public override bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view) => id switch
    {
        BufferId.EnipCommand => Give(_message.Command, true, instance, out view),
        BufferId.CipService => TryService(instance, out view),
        _ => Give(default(ReadOnlySpan<byte>), instance, out view),
    };

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject(From == Side.Client ? "request"u8 : "response"u8);
        json.WriteString("command"u8, _message.Command switch
        {
            0 => "Nop",
            4 => "ListServices",
            0x63 => "ListIdentity",
            0x64 => "ListInterfaces",
            0x65 => "RegisterSession",
            0x66 => "UnregisterSession",
            EnipMessage.SendRrData => "SendRRData",
            EnipMessage.SendUnitData => "SendUnitData",
            0x72 => "IndicateStatus",
            0x73 => "Cancel",
            var other => $"Unknown({other})",
        });
        json.WriteNumber("session"u8, _message.Session);
        json.WriteNumber("status"u8, _message.Status);
        if (_message.Services.Count > 0)
        {
            json.WriteStartArray("cip"u8);
            foreach (var service in _message.Services)
            {
                json.WriteStartObject();
                json.WriteNumber("service"u8, service.Code);
                if (service.Class >= 0) json.WriteNumber("class"u8, service.Class);
                if (service.Attribute >= 0) json.WriteNumber("attribute"u8, service.Attribute);
                if (service.Status >= 0) json.WriteNumber("status"u8, service.Status);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private static HeadedReader NewReader() => new(EnipMessage.HeaderLength, EnipMessage.LengthOf);

    /// <summary>A service that is asked for: its code, class and attribute in one number, as a rule asks for them together.</summary>
    private bool TryService(int instance, out BufferView view)
    {
        foreach (var service in _message.Services)
            if (!service.IsResponse && instance-- == 0)
                return Give((long)service.Code << 32 | (long)(ushort)service.Class << 16 | (ushort)service.Attribute, true, 0, out view);
        view = default;
        return false;
    }

    private void Take(Side from, ReadOnlySpan<byte> bytes)
    {
        var isWhole = _message.TryRead(bytes);
        Judge(from, bytes, bytes.Length >= EnipMessage.HeaderLength, isWhole ? null : "enip.malformed_data");
    }
}
