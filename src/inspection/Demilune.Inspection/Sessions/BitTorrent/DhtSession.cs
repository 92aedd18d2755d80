using System.Buffers.Binary;
using System.Net;
using System.Text.Json;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Events.Eve;
using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;
using Demilune.Wire.BitTorrent;

namespace Demilune.Inspection.Sessions.BitTorrent;

/// <summary>BitTorrent's distributed hash table.</summary>
internal sealed class DhtSession(InspectorOptions options, Detector detector) : MessageSession(options, detector, "bittorrent_dht", [])
{
    private const int IdLength = 20;

    private readonly DhtMessage _message = new();
    private readonly EveText _text = new();

    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.BitTorrentDht,
        OfDatagram = static (_, bytes) => DhtMessage.IsLikely(bytes) ? Wire.Detection.Yes : Wire.Detection.No,
        Buffers = [],
        Events = ["bittorrent_dht.malformed_packet"],
        Open = static (options, _, detector) => new DhtSession(options, detector),
    };

    public override void Deliver(Side from, ReadOnlySpan<byte> bytes) =>
        Judge(from, bytes, isTold: true, _message.TryRead(bytes) ? null : "bittorrent_dht.malformed_packet");

    public override bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view) => Give(default(ReadOnlySpan<byte>), instance, out view);

    public override void Write(Utf8JsonWriter json)
    {
        WriteHex(json, "transaction_id"u8, _message.Transaction);
        WriteHex(json, "client_version"u8, _message.Client);
        if (_message.Query is { } query) json.WriteString("request_type"u8, _text.Of(query));
        if (_message.ErrorNumber is { } number)
        {
            json.WriteStartObject("error"u8);
            json.WriteNumber("num"u8, number);
            json.WriteString("msg"u8, _text.Of(_message.ErrorText ?? []));
            json.WriteEndObject();
        }
        if (_message.Id is null) return;
        json.WriteStartObject(_message.IsAnswer ? "response"u8 : "request"u8);
        WriteHex(json, "id"u8, _message.Id);
        WriteHex(json, "target"u8, _message.Target);
        WriteHex(json, "info_hash"u8, _message.InfoHash);
        WriteHex(json, "token"u8, _message.Token);
        if (_message.ImpliedPort is { } implied) json.WriteNumber("implied_port"u8, implied);
        if (_message.Port is { } port) json.WriteNumber("port"u8, port);
        WriteNodes(json, "nodes"u8, _message.Nodes, 4);
        WriteNodes(json, "nodes6"u8, _message.Nodes6, 16);
        if (_message.Values.Count > 0)
        {
            json.WriteStartArray("values"u8);
            foreach (var value in _message.Values)
            {
                json.WriteStartObject();
                WritePeer(json, value);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private static void WriteNodes(Utf8JsonWriter json, ReadOnlySpan<byte> name, byte[]? nodes, int addressLength)
    {
        var size = IdLength + addressLength + 2;
        if (nodes is null || nodes.Length < size) return;
        json.WriteStartArray(name);
        for (ReadOnlySpan<byte> rest = nodes; rest.Length >= size; rest = rest[size..])
        {
            json.WriteStartObject();
            WriteHex(json, "id"u8, rest[..IdLength].ToArray());
            WritePeer(json, rest[IdLength..size]);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WritePeer(Utf8JsonWriter json, ReadOnlySpan<byte> peer)
    {
        json.WriteString("ip"u8, new IPAddress(peer[..^2]).ToString());
        json.WriteNumber("port"u8, BinaryPrimitives.ReadUInt16BigEndian(peer[^2..]));
    }

    private static void WriteHex(Utf8JsonWriter json, ReadOnlySpan<byte> name, byte[]? bytes)
    {
        if (bytes is not null) json.WriteString(name, Convert.ToHexStringLower(bytes));
    }
}
