using System.Globalization;
using Demilune.Inspection.Flows;

namespace Demilune.Inspection.Events.Eve;

/// <summary>Where a packet came from: links, tunnels, and the packet itself.</summary>
public sealed partial class EveWriter
{
    private void WriteTunnel(in FlowContext context)
    {
        var tunnel = context.Origin.Tunnel;
        _json.WriteStartObject("tunnel"u8);
        WriteAddress("src_ip"u8, tunnel.Source);
        _json.WriteNumber("src_port"u8, tunnel.SourcePort);
        WriteAddress("dest_ip"u8, tunnel.Destination);
        _json.WriteNumber("dest_port"u8, tunnel.DestinationPort);
        WriteProtocol(tunnel.Protocol);
        _json.WriteNumber("depth"u8, context.Origin.Depth);
        if (context.Frame != 0) _json.WriteNumber("pcap_cnt"u8, context.Frame);
        _json.WriteString("pkt_src"u8, EveNames.Of(tunnel.PacketSource));
        _json.WriteEndObject();
    }

    private void WriteEthernet(in FlowContext context)
    {
        _json.WriteStartObject("ether"u8);
        WriteMac("dest_mac"u8, context.Origin.EthernetDestination);
        WriteMac("src_mac"u8, context.Origin.EthernetSource);
        _json.WriteEndObject();
    }

    private void WriteEthernet(EthernetEnds ends)
    {
        _json.WriteStartObject("ether"u8);
        _json.WriteStartArray("dest_macs"u8);
        foreach (var address in ends.Destinations) WriteMac(default, address);
        _json.WriteEndArray();
        _json.WriteStartArray("src_macs"u8);
        foreach (var address in ends.Sources) WriteMac(default, address);
        _json.WriteEndArray();
        _json.WriteEndObject();
    }

    private void WriteMac(ReadOnlySpan<byte> name, ulong address)
    {
        Span<byte> text = stackalloc byte[17];
        for (var i = 0; i < 6; i++)
        {
            if (i > 0) text[i * 3 - 1] = (byte)':';
            ((byte)(address >> (40 - i * 8))).TryFormat(text[(i * 3)..], out _, "x2", CultureInfo.InvariantCulture);
        }
        if (name.IsEmpty) _json.WriteStringValue(text);
        else _json.WriteString(name, text);
    }

    private void WritePacket(in FlowContext context, int max)
    {
        if (context.Packet.IsEmpty) return;
        var packet = context.Packet.Span;
        _json.WriteBase64String("packet"u8, packet[..Math.Min(max, packet.Length)]);
        _json.WriteStartObject("packet_info"u8);
        _json.WriteNumber("linktype"u8, context.Origin.Link);
        _json.WriteEndObject();
    }
}
