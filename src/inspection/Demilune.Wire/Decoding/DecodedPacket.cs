using Demilune.Wire.Icmp;
using Demilune.Wire.Ip;
using Demilune.Wire.Tcp;

namespace Demilune.Wire.Decoding;

/// <summary>One packet, from its link header to its transport, seen in place: what <see cref="PacketDecoder"/> could make of it.</summary>
/// <remarks>A packet that carries another one (a tunnel) says so in <see cref="Inner"/>; that one is decoded by another call.</remarks>
public ref struct DecodedPacket
{
    private DecodeEvents _events;
    private Vlans _vlans;

    /// <summary>From the link header on.</summary>
    public ReadOnlySpan<byte> Bytes { get; internal set; }

    /// <summary>What is odd about it.</summary>
    public readonly DecodeEvents Events => _events;

    /// <summary>It could not be decoded to its end: no receiver takes it as it is, or each in its own way.</summary>
    public bool IsInvalid { get; internal set; }

    /// <summary>Layers so far, those of the packets around it included.</summary>
    public int Layers { get; internal set; }

    /// <summary>Which headers it has.</summary>
    public DecodedLayers Seen { get; internal set; }

    /// <summary>Where the Ethernet header begins that was read first, or -1.</summary>
    public int EthernetOffset { get; internal set; }

    /// <summary>The EtherType that was read last; 0 without.</summary>
    public ushort EtherType { get; internal set; }

    /// <summary>VIDs, the outermost first.</summary>
    public Vlans Vlans
    {
        readonly get => _vlans;
        internal set => _vlans = value;
    }

    /// <summary>True: <see cref="Ip"/> is whole.</summary>
    public bool HasIp { get; internal set; }

    public IpView Ip { get; internal set; }

    /// <summary>Where the IP header begins in <see cref="Bytes"/>.</summary>
    public int IpOffset { get; internal set; }

    /// <summary>The packet is a fragment: its transport can be read only when it is put together with the others.</summary>
    public bool IsFragment { get; internal set; }

    /// <summary>It belongs to a flow: its transport could be read, or it is IP in IP.</summary>
    public bool HasFlow { get; internal set; }

    /// <summary>What <see cref="Transport"/> is: a header that could be read (TCP, UDP, ICMP, SCTP, ESP). False: nothing behind IP could.</summary>
    public bool HasTransport { get; internal set; }

    /// <summary>IANA number of what IP carries, the last one that was seen.</summary>
    public byte Protocol { get; internal set; }

    /// <summary>Header and payload of the transport; without one, what follows the IP header.</summary>
    public ReadOnlySpan<byte> Transport { get; internal set; }

    /// <summary>Bytes of the transport's header.</summary>
    public int TransportHeaderLength { get; internal set; }

    public ushort SourcePort { get; internal set; }
    public ushort DestinationPort { get; internal set; }

    /// <summary>If <see cref="Protocol"/> is TCP and <see cref="HasTransport"/>.</summary>
    public TcpView Tcp { get; internal set; }

    /// <summary>If <see cref="Protocol"/> is ICMP or ICMPv6 and <see cref="HasTransport"/>.</summary>
    public IcmpView Icmp { get; internal set; }

    /// <summary>ESP's security parameters index.</summary>
    public uint Spi { get; internal set; }

    /// <summary>IPv4 options that it has: <see cref="IpOptions"/>.</summary>
    public IpOptions IpOptions { get; internal set; }

    /// <summary>What <see cref="InnerBytes"/> begin with; None: this packet is no tunnel.</summary>
    public PacketKind Inner { get; internal set; }
    public ReadOnlySpan<byte> InnerBytes { get; internal set; }
    public PacketSource InnerSource { get; internal set; }

    /// <summary>Puts an event to the others.</summary>
    public void Note(DecodeEvent odd) => _events.Add(odd);

    internal bool TryAddVlan(int vid) => _vlans.TryAdd(vid);

    internal void Refuse() => IsInvalid = true;

    internal void Refuse(DecodeEvent odd)
    {
        _events.Add(odd);
        IsInvalid = true;
    }

    /// <summary>One more layer.</summary>
    /// <returns>False if there are too many.</returns>
    internal bool Descend(int max)
    {
        if (++Layers < max) return true;
        Refuse(DecodeEvent.TooManyLayers);
        return false;
    }
}

/// <summary>The VLANs of a packet, the outermost first: 802.1ad knows two, Suricata reads a third.</summary>
public struct Vlans : IEquatable<Vlans>
{
    private ushort _first, _second, _third;

    public int Count { get; private set; }

    public readonly ushort this[int index] => index switch { 0 => _first, 1 => _second, _ => _third };

    /// <summary>All of them in one number, for comparing.</summary>
    public readonly ulong Key => (ulong)Count << 48 | (ulong)_first << 32 | (ulong)_second << 16 | _third;

    public bool TryAdd(int vid)
    {
        switch (Count)
        {
            case 0: _first = (ushort)vid; break;
            case 1: _second = (ushort)vid; break;
            case 2: _third = (ushort)vid; break;
            default: return false;
        }
        Count++;
        return true;
    }

    public readonly bool Equals(Vlans other) => Key == other.Key;
    public override readonly bool Equals(object? obj) => obj is Vlans other && Equals(other);
    public override readonly int GetHashCode() => Key.GetHashCode();
    public static bool operator ==(Vlans left, Vlans right) => left.Equals(right);
    public static bool operator !=(Vlans left, Vlans right) => !left.Equals(right);
}
