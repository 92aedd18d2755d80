using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Events.Eve;
using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;
using Demilune.Wire.Dhcp;

namespace Demilune.Inspection.Sessions.Dhcp;

/// <summary>DHCP for IPv4.</summary>
internal sealed class DhcpSession(InspectorOptions options, Detector detector) : MessageSession(options, detector, "dhcp", Provided)
{
    private const byte SubnetMask = 1, Router = 3, NameServer = 6, HostName = 12, RequestedAddress = 50, LeaseTime = 51, MessageType = 53, Parameters = 55,
        RenewalTime = 58, RebindingTime = 59, VendorClass = 60, ClientId = 61, Acknowledgment = 5;

    private static readonly BufferId[] Provided = [BufferId.DhcpLeaseTime, BufferId.DhcpRebindingTime, BufferId.DhcpRenewalTime];

    private static readonly string[] s_types = ["discover", "offer", "request", "decline", "ack", "nak", "release", "inform"];

    private static readonly Dictionary<byte, string> s_parameters = new()
    {
        [SubnetMask] = "subnet_mask", [Router] = "router", [NameServer] = "dns_server", [15] = "domain", [35] = "arp_timeout", [42] = "ntp_server",
        [66] = "tftp_server_name", [67] = "tftp_file_name", [120] = "sip_server",
    };

    private readonly bool _isExtended = options.DhcpExtended;
    private readonly EveText _text = new();
    private byte[] _bytes = [];
    private int _length;

    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.Dhcp,
        OfDatagram = static (_, bytes) => DhcpMessage.TryView(bytes, out var _) ? Wire.Detection.Yes : Wire.Detection.No,
        Buffers = Provided,
        Events = ["dhcp.truncated_options", "dhcp.malformed_options"],
        Open = static (options, _, detector) => new DhcpSession(options, detector),
    };

    public override void Deliver(Side from, ReadOnlySpan<byte> bytes)
    {
        if (!DhcpMessage.TryView(bytes, out var message)) return;
        if (_bytes.Length < bytes.Length) _bytes = new byte[bytes.Length];
        bytes.CopyTo(_bytes);
        _length = bytes.Length;
        var rest = message.Options;
        var type = 0;
        while (DhcpMessage.TryNext(ref rest, out var code, out var value))
            if (code == MessageType && value.Length > 0) type = value[0];
        Judge(from, bytes, _isExtended || type == Acknowledgment, rest.IsEmpty ? null : "dhcp.truncated_options");
    }

    public override bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view) => id switch
    {
        BufferId.DhcpLeaseTime => GiveTime(LeaseTime, instance, out view),
        BufferId.DhcpRebindingTime => GiveTime(RebindingTime, instance, out view),
        BufferId.DhcpRenewalTime => GiveTime(RenewalTime, instance, out view),
        _ => Give(default(ReadOnlySpan<byte>), instance, out view),
    };

    public override void Write(Utf8JsonWriter json)
    {
        if (!DhcpMessage.TryView(_bytes.AsSpan(0, _length), out var message)) return;
        json.WriteString("type"u8, message.Operation == DhcpMessage.Request ? "request"u8 : "reply"u8);
        json.WriteNumber("id"u8, message.Transaction);
        json.WriteString("client_mac"u8, Colons(message.Hardware));
        json.WriteString("assigned_ip"u8, Address(message.YourAddress));
        if (_isExtended)
        {
            json.WriteString("client_ip"u8, Address(message.ClientAddress));
            if (message.Operation == DhcpMessage.Reply)
            {
                json.WriteString("relay_ip"u8, Address(message.Relay));
                json.WriteString("next_server_ip"u8, Address(message.NextServer));
            }
        }
        var rest = message.Options;
        while (DhcpMessage.TryNext(ref rest, out var code, out var value)) WriteOption(json, code, value);
    }

    private void WriteOption(Utf8JsonWriter json, byte code, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty || (!_isExtended && code is not (MessageType or ClientId or LeaseTime))) return;
        switch (code)
        {
            case MessageType: json.WriteString("dhcp_type"u8, value[0] >= 1 && value[0] <= s_types.Length ? s_types[value[0] - 1] : "unknown"); break;
            case ClientId: json.WriteString("client_id"u8, Colons(value[1..])); break;
            case LeaseTime when value.Length == 4: json.WriteNumber("lease_time"u8, BinaryPrimitives.ReadUInt32BigEndian(value)); break;
            case RenewalTime when value.Length == 4: json.WriteNumber("renewal_time"u8, BinaryPrimitives.ReadUInt32BigEndian(value)); break;
            case RebindingTime when value.Length == 4: json.WriteNumber("rebinding_time"u8, BinaryPrimitives.ReadUInt32BigEndian(value)); break;
            case RequestedAddress when value.Length == 4: json.WriteString("requested_ip"u8, Address(value)); break;
            case SubnetMask when value.Length == 4: json.WriteString("subnet_mask"u8, Address(value)); break;
            case HostName: json.WriteString("hostname"u8, _text.Of(value)); break;
            case VendorClass: json.WriteString("vendor_class_identifier"u8, _text.Of(value)); break;
            case NameServer: WriteAddresses(json, "dns_servers"u8, value); break;
            case Router: WriteAddresses(json, "routers"u8, value); break;
            case Parameters:
                json.WriteStartArray("params"u8);
                foreach (var parameter in value)
                    if (s_parameters.TryGetValue(parameter, out var name)) json.WriteStringValue(name);
                json.WriteEndArray();
                break;
        }
    }

    private bool GiveTime(byte wanted, int instance, out BufferView view)
    {
        if (DhcpMessage.TryView(_bytes.AsSpan(0, _length), out var message))
        {
            var rest = message.Options;
            while (DhcpMessage.TryNext(ref rest, out var code, out var value))
                if (code == wanted && value.Length == 4) return Give(BinaryPrimitives.ReadUInt32BigEndian(value), true, instance, out view);
        }
        return Give(0, false, instance, out view);
    }

    private static void WriteAddresses(Utf8JsonWriter json, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        json.WriteStartArray(name);
        for (; value.Length >= 4; value = value[4..]) json.WriteStringValue(Address(value[..4]));
        json.WriteEndArray();
    }

    private static string Address(ReadOnlySpan<byte> bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes[0]}.{bytes[1]}.{bytes[2]}.{bytes[3]}");

    private static string Colons(ReadOnlySpan<byte> bytes)
    {
        var parts = new string[bytes.Length];
        for (var i = 0; i < parts.Length; i++) parts[i] = bytes[i].ToString("x2", CultureInfo.InvariantCulture);
        return string.Join(':', parts);
    }
}
