using System.Text.Json;
using Demilune.Wire.Rdp;

namespace Demilune.Inspection.Sessions.Rdp;

/// <summary>EVE's <c>rdp</c> object.</summary>
internal static class RdpFields
{
    private static readonly (int Bit, string Name)[] s_capabilities =
    [
        (1, "support_errinfo_pdf"), (2, "want_32bpp_session"), (4, "support_statusinfo_pdu"), (8, "strong_asymmetric_keys"), (0x20, "valid_connection_type"),
        (0x40, "support_monitor_layout_pdu"), (0x80, "support_netchar_autodetect"), (0x100, "support_dynvc_gfx_protocol"), (0x200, "support_dynamic_time_zone"),
        (0x400, "support_heartbeat_pdu"),
    ];

    private static readonly string[] s_failures =
    [
        "", "ssl required by server", "ssl not allowed by server", "ssl cert not on server", "inconsistent flags", "hybrid required by server",
        "ssl with user auth required by server",
    ];

    private static readonly string[] s_keyboards = ["", "xt", "ico", "at", "enhanced", "1050", "9140", "jp"];
    private static readonly string[] s_connections = ["", "modem", "low_broadband", "satellite", "high_broadband", "wan", "lan", "autodetect"];

    public static void Write(Utf8JsonWriter json, RdpMessage message)
    {
        switch (message.Type)
        {
            case RdpMessageType.ConnectionRequest:
                json.WriteString("event_type"u8, "initial_request"u8);
                if (message.Cookie is { } cookie) json.WriteString("cookie"u8, cookie);
                if (message.Flags is > 0 and var asked)
                    WriteFlags(json, "flags", asked, (1, "restricted_admin_mode_required"), (2, "redirected_authentication_mode_required"), (8, "correlation_info_present"));
                break;
            case RdpMessageType.ConnectionConfirm:
                json.WriteString("event_type"u8, "initial_response"u8);
                WriteConfirmation(json, message);
                break;
            case RdpMessageType.ConnectRequest:
                json.WriteString("event_type"u8, "connect_request"u8);
                if (message.Client is { } client) WriteClient(json, client);
                if (message.Channels.Count > 0) WriteList(json, "channels", message.Channels);
                break;
            case RdpMessageType.ConnectResponse:
                json.WriteString("event_type"u8, "connect_response"u8);
                break;
        }
    }

    public static void WriteSerials(Utf8JsonWriter json, IEnumerable<string> serials)
    {
        json.WriteString("event_type"u8, "tls_handshake"u8);
        WriteList(json, "x509_serials", serials);
    }

    private static void WriteConfirmation(Utf8JsonWriter json, RdpMessage message)
    {
        if (message.Protocol is { } protocol)
        {
            if (message.Flags is > 0 and var flags)
                WriteFlags(json, "server_supports", flags, (1, "extended_client_data"), (2, "dynvc_gfx"), (8, "restricted_admin"), (16, "redirected_authentication"));
            json.WriteString("protocol"u8, protocol switch { 0 => "rdp", 1 => "ssl", 2 => "hybrid", 4 => "rds_tls", 8 => "hybrid_ex", _ => "unknown" });
        }
        else if (message.Failure is { } failure)
        {
            json.WriteNumber("error_code"u8, failure);
            if (failure > 0 && failure < s_failures.Length) json.WriteString("reason"u8, s_failures[failure]);
        }
    }

    private static void WriteClient(Utf8JsonWriter json, RdpClient client)
    {
        json.WriteStartObject("client"u8);
        json.WriteString("version"u8, client.Version switch
        {
            0x80001 => "v4",
            0x80004 => "v5",
            >= 0x80005 and <= 0x8000c => $"v10.{client.Version - 0x80005}",
            _ => "unknown",
        });
        json.WriteNumber("desktop_width"u8, client.Width);
        json.WriteNumber("desktop_height"u8, client.Height);
        if (ColorDepth(client) is { } depth) json.WriteNumber("color_depth"u8, depth);
        json.WriteString("keyboard_layout"u8, RdpNames.OfLayout(client.KeyboardLayout));
        json.WriteString("build"u8, RdpNames.OfBuild(client.Build));
        if (client.Name.Length > 0) json.WriteString("client_name"u8, client.Name);
        if (client.KeyboardType > 0 && client.KeyboardType < s_keyboards.Length) json.WriteString("keyboard_type"u8, s_keyboards[client.KeyboardType]);
        if (client.KeyboardSubtype != 0) json.WriteNumber("keyboard_subtype"u8, client.KeyboardSubtype);
        if (client.FunctionKeys != 0) json.WriteNumber("function_keys"u8, client.FunctionKeys);
        if (client.InputMethod.Length > 0) json.WriteString("ime"u8, client.InputMethod);
        if (client.Product is { } product) json.WriteNumber("product_id"u8, product);
        if (client.Serial is > 0 and var serial) json.WriteNumber("serial_number"u8, serial);
        if (client.Capabilities is > 0 and var capabilities) WriteFlags(json, "capabilities", capabilities, s_capabilities);
        if (client.Id is { Length: > 0 } id) json.WriteString("id"u8, id);
        if (client.Connection is > 0 and var hint && hint < s_connections.Length) json.WriteString("connection_hint"u8, s_connections[hint]);
        if (client.PhysicalWidth is >= 10 and <= 10_000 and var width) json.WriteNumber("physical_width"u8, width);
        if (client.PhysicalHeight is >= 10 and <= 10_000 and var height) json.WriteNumber("physical_height"u8, height);
        if (client.Orientation is 0 or 90 or 180 or 270) json.WriteNumber("desktop_orientation"u8, client.Orientation.Value);
        if (client.Scale is >= 100 and <= 500 and var scale) json.WriteNumber("scale_factor"u8, scale);
        if (client.DeviceScale is 100 or 140 or 180) json.WriteNumber("device_scale_factor"u8, client.DeviceScale.Value);
        json.WriteEndObject();
    }

    /// <summary>The newest of three fields that says anything.</summary>
    private static int? ColorDepth(RdpClient client) => client.HighColorDepth switch
    {
        4 or 8 or 15 or 16 or 24 => client.HighColorDepth,
        _ => Bits(client.LaterColorDepth) ?? Bits(client.ColorDepth is 0xca00 or 0xca01 ? client.ColorDepth : null),
    };

    private static int? Bits(ushort? code) => code switch { 0xca00 => 4, 0xca01 => 8, 0xca02 => 15, 0xca03 => 16, 0xca04 => 24, _ => null };

    private static void WriteFlags(Utf8JsonWriter json, string name, int flags, params (int Bit, string Name)[] known) =>
        WriteList(json, name, known.Where(flag => (flags & flag.Bit) != 0).Select(flag => flag.Name));

    private static void WriteList(Utf8JsonWriter json, string name, IEnumerable<string> items)
    {
        json.WriteStartArray(name);
        foreach (var item in items) json.WriteStringValue(item);
        json.WriteEndArray();
    }
}
