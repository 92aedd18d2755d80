using Demilune.Wire;
using Demilune.Wire.BitTorrent;
using Demilune.Wire.Dhcp;
using Demilune.Wire.Ike;
using Demilune.Wire.Kerberos;
using Demilune.Wire.Rfb;
using Demilune.Wire.Snmp;

namespace Demilune.Fuzz.Targets;

/// <summary>Protocols of small messages: nothing may throw, and every loop ends.</summary>
internal static class MessageTargets
{
    public static FuzzTarget Kerberos { get; } = new("kerberos", "a message of Kerberos, and the same bytes as a stream of them", bytes =>
    {
        new KerberosMessage().TryRead(bytes);
        var reader = new LengthPrefixedReader(1 << 16);
        ReadOnlySpan<byte> rest = bytes;
        while (reader.TryRead(ref rest, out var message)) KerberosMessage.IsLikely(message);
    });

    public static FuzzTarget Snmp { get; } = new("snmp", "a message of SNMP", bytes => new SnmpMessage().TryRead(bytes));

    public static FuzzTarget Dhcp { get; } = new("dhcp", "a message of DHCP", bytes =>
    {
        if (!DhcpMessage.TryView(bytes, out var message)) return;
        _ = message.Hardware.Length + message.Relay.Length;
        var rest = message.Options;
        while (DhcpMessage.TryNext(ref rest, out _, out _))
        {
        }
    });

    public static FuzzTarget Dht { get; } = new("bittorrent-dht", "a message of BitTorrent's DHT", bytes => new DhtMessage().TryRead(bytes));

    public static FuzzTarget Ike { get; } = new("ike", "a message of IKE", bytes => new IkeMessage().TryRead(bytes));

    public static FuzzTarget Rfb { get; } = new("rfb", "both sides of a VNC handshake by turns", bytes =>
    {
        var handshake = new RfbHandshake();
        for (var i = 0; i < bytes.Length; i += 12) handshake.Feed(fromClient: i / 12 % 2 == 1, bytes.AsSpan(i, Math.Min(12, bytes.Length - i)));
    });
}
