using System.Buffers.Binary;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Demilune.Linux.Namespaces;

namespace Demilune.Linux.Netlink;

/// <summary>Links, addresses, routes and neighbours of the network namespace in which this object was made. Every verb is idempotent
/// where the field allows it: what already is as wanted is no error.</summary>
public sealed class RouteNetlink : IDisposable
{
    private const ushort Request = 1, Acknowledge = 4, Replace = 0x100, Exclusive = 0x200, Create = 0x400;
    private const ushort NewLink = 16, DeleteLinkType = 17, GetLink = 18, NewAddress = 20, DeleteAddressType = 21, GetAddress = 22, NewRoute = 24, DeleteRouteType = 25, GetRoute = 26, NewNeighbour = 28, DeleteNeighbourType = 29, NewRule = 32, DeleteRuleType = 33, NewQueue = 36, DeleteQueue = 37;
    private const ushort Dump = 0x300;
    private const byte Ours = 4 /* RTPROT_STATIC */, Unicast = 1, Unreachable = 7, LinkScope = 253;

    /// <summary>Where the kernel looks when no rule says otherwise.</summary>
    public const int MainTable = 254;

    private const int NoEntry = 2, InvalidArgument = 22, Exists = 17, NoDevice = 19, NoSuchProcess = 3, NoAddress = 99;

    private const string VxlanKind = "vxlan";
    private const uint MacvlanBridge = 4;     // those of one parent reach each other
    private const ushort VxlanLearning = 7, VxlanPort = 15, VxlanMetadata = 25;

    private readonly NetlinkSocket _socket = new();

    /// <summary>Null: no interface of that name.</summary>
    public Link? FindLink(string name) => FindLink(new NetlinkMessage(GetLink, Request | Acknowledge).Fixed(default(InterfaceInfo)).Attribute(3, name), name);

    /// <summary>Null: no interface of that number.</summary>
    public Link? FindLink(int index) =>
        FindLink(new NetlinkMessage(GetLink, Request | Acknowledge).Fixed(new InterfaceInfo { Index = index }), $"interface {index}");

    /// <summary>Makes a veth: one end here, the other straight in <paramref name="peerNamespace"/>, so that it is never seen half-named.</summary>
    /// <exception cref="NetlinkException">EEXIST: one of the names is taken.</exception>
    public void CreateVeth(string name, PhysicalAddress mac, string peerName, PhysicalAddress peerMac, NetworkNamespace peerNamespace, int mtu) =>
        Do($"create {name} and {peerName} in {peerNamespace.Path}", new NetlinkMessage(NewLink, Request | Acknowledge | Create | Exclusive)
            .Fixed(default(InterfaceInfo)).Attribute(3, name).Attribute(1, mac.GetAddressBytes()).Attribute(4, (uint)mtu)
            .Nested(18, info => info.Attribute(1, "veth").Nested(2, data => data.Nested(1, peer => peer
                .Fixed(default(InterfaceInfo)).Attribute(3, peerName).Attribute(1, peerMac.GetAddressBytes()).Attribute(4, (uint)mtu)
                .Attribute(28, (uint)(int)peerNamespace.Handle.DangerousGetHandle())))));

    /// <summary>Makes the one device of all VXLAN tunnels that end here: whoever sends by it says to which node and in which network (collect-metadata), packet by packet.</summary>
    /// <param name="port">UDP.</param>
    /// <exception cref="NetlinkException">EEXIST: the name is taken, or the port by another such device. EADDRINUSE when it is set up: by another program.</exception>
    public void CreateVxlan(string name, int port, int mtu)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)port);
        Do($"create {name} for tunnels by UDP port {port}", new NetlinkMessage(NewLink, Request | Acknowledge | Create | Exclusive)
            .Fixed(default(InterfaceInfo)).Attribute(3, name).Attribute(4, (uint)mtu)
            .Nested(18, info => info.Attribute(1, VxlanKind).Nested(2, data => data
                .Attribute(VxlanMetadata, [1]).Attribute(VxlanLearning, [0]).Attribute(VxlanPort, bytes))));
    }

    /// <summary>Makes another interface of the network that an interface here is on, with a MAC address of its own, straight in <paramref name="to"/>.</summary>
    /// <param name="parent">Its index here. From it itself, and from this host by it, the new one cannot be reached.</param>
    /// <exception cref="NetlinkException">EBUSY: the parent is a bridge's port. EEXIST: the name is taken there.</exception>
    public void CreateMacvlan(string name, int parent, PhysicalAddress mac, NetworkNamespace to) =>
        Do($"create {name} in {to.Path} on interface {parent}", new NetlinkMessage(NewLink, Request | Acknowledge | Create | Exclusive)
            .Fixed(default(InterfaceInfo)).Attribute(3, name).Attribute(1, mac.GetAddressBytes()).Attribute(5, (uint)parent)
            .Attribute(28, (uint)(int)to.Handle.DangerousGetHandle())
            .Nested(18, info => info.Attribute(1, "macvlan").Nested(2, data => data.Attribute(1, MacvlanBridge))));

    /// <summary>False: there was none. The other end of a veth goes with it.</summary>
    public bool DeleteLink(string name)
    {
        var errno = _socket.Exchange(new NetlinkMessage(DeleteLinkType, Request | Acknowledge).Fixed(default(InterfaceInfo)).Attribute(3, name));
        return errno is 0 || (errno is NoDevice ? false : throw new NetlinkException($"delete {name}", errno));
    }

    /// <summary>Up, with a name, MAC address or MTU to go with it where given.</summary>
    public void SetLink(int index, bool up, PhysicalAddress? mac = null, int? mtu = null)
    {
        var message = new NetlinkMessage(NewLink, Request | Acknowledge).Fixed(new InterfaceInfo { Index = index, Flags = up ? 1u : 0, Change = 1 });
        if (mac is not null) message.Attribute(1, mac.GetAddressBytes());
        if (mtu is { } bytes) message.Attribute(4, (uint)bytes);
        Do($"set interface {index} {(up ? "up" : "down")}", message);
    }

    /// <summary>Adds an address; IPv6 without duplicate address detection, which would keep it from use for a second.</summary>
    public void AddAddress(int index, IPAddress address, int prefixLength)
    {
        var bytes = address.GetAddressBytes();
        Do($"add {address}/{prefixLength} to interface {index}", new NetlinkMessage(NewAddress, Request | Acknowledge | Create | Replace)
            .Fixed(new AddressInfo { Family = Family(address), PrefixLength = (byte)prefixLength, Flags = 0x02 /* nodad */, Index = index })
            .Attribute(1, bytes).Attribute(2, bytes), Exists);
    }

    /// <summary>False: there was none.</summary>
    public bool DeleteAddress(int index, IPAddress address, int prefixLength)
    {
        var errno = _socket.Exchange(new NetlinkMessage(DeleteAddressType, Request | Acknowledge)
            .Fixed(new AddressInfo { Family = Family(address), PrefixLength = (byte)prefixLength, Index = index }).Attribute(2, address.GetAddressBytes()));
        return errno is 0 || (errno is NoAddress ? false : throw new NetlinkException($"take {address}/{prefixLength} off interface {index}", errno));
    }

    /// <summary>The addresses of an interface, but for those that the kernel makes of its MAC address.</summary>
    public IReadOnlyList<(IPAddress Address, int PrefixLength)> AddressesOf(int index)
    {
        List<(IPAddress, int)> addresses = [];
        var errno = _socket.Exchange(new NetlinkMessage(GetAddress, Request | Dump).Fixed(default(AddressInfo)), payload =>
        {
            if (payload.Length < Marshal.SizeOf<AddressInfo>()) return;
            var info = MemoryMarshal.Read<AddressInfo>(payload);
            if (info.Index != index || (info.Family == 10 && info.Scope == LinkScope)) return;
            for (var rest = payload[Marshal.SizeOf<AddressInfo>()..]; TryTake(ref rest, out var type, out var value);)
                if (type == 1) addresses.Add((new IPAddress(value), info.PrefixLength));
        });
        return errno == 0 ? addresses : throw new NetlinkException($"list the addresses of interface {index}", errno);
    }

    /// <param name="gateway">Null: the destination is on the link. Else reached over it even if no route to it exists (onlink).</param>
    /// <param name="table">Another one than the main table is asked only where a rule says so (<see cref="AddRule"/>).</param>
    public void AddRoute(int index, IPAddress destination, int prefixLength, IPAddress? gateway = null, IPAddress? source = null, int table = MainTable) =>
        Do($"route {destination}/{prefixLength} by interface {index}", Route(NewRoute, Create | Replace, index, destination, prefixLength, gateway, source, table));

    /// <summary>False: there was none.</summary>
    public bool DeleteRoute(int index, IPAddress destination, int prefixLength, int table = MainTable)
    {
        var errno = _socket.Exchange(Route(DeleteRouteType, 0, index, destination, prefixLength, null, null, table));
        return errno is 0 || (errno is NoSuchProcess or NoEntry ? false : throw new NetlinkException($"delete route {destination}/{prefixLength}", errno));
    }

    /// <summary>The routes by an interface that were set as <see cref="AddRoute"/> sets them, in every table.</summary>
    public IReadOnlyList<(IPAddress Destination, int PrefixLength, int Table)> RoutesBy(int index)
    {
        List<(IPAddress, int, int)> routes = [];
        EachRoute($"list the routes by interface {index}", Unicast, route =>
        {
            if (route.Interface == index) routes.Add((route.Destination, route.PrefixLength, route.Table));
        });
        return routes;
    }

    private void EachRoute(string what, byte kind, Action<(IPAddress Destination, int PrefixLength, int Table, int Interface, uint Metric)> take)
    {
        var errno = _socket.Exchange(new NetlinkMessage(GetRoute, Request | Dump).Fixed(default(RouteInfo)), payload =>
        {
            if (payload.Length < Marshal.SizeOf<RouteInfo>()) return;
            var info = MemoryMarshal.Read<RouteInfo>(payload);
            if (info.Protocol != Ours || info.Type != kind) return;
            var (by, table, metric, destination) = (0, (int)info.Table, 0u, info.Family == 10 ? IPAddress.IPv6Any : IPAddress.Any);
            for (var rest = payload[Marshal.SizeOf<RouteInfo>()..]; TryTake(ref rest, out var type, out var value);)
                switch (type)
                {
                    case 1: destination = new IPAddress(value); break;
                    case 4 when value.Length == 4: by = BinaryPrimitives.ReadInt32LittleEndian(value); break;
                    case 6 when value.Length == 4: metric = BinaryPrimitives.ReadUInt32LittleEndian(value); break;
                    case 15 when value.Length == 4: table = BinaryPrimitives.ReadInt32LittleEndian(value); break;
                }
            take((destination, info.DestinationLength, table, by, metric));
        });
        if (errno != 0) throw new NetlinkException(what, errno);
    }

    /// <summary>What no better route leads to is refused here, with an ICMP error, and goes no further by the default route.</summary>
    /// <param name="metric">Larger than any other route's to the same destination; also by what <see cref="Refused"/> finds it again.</param>
    public void AddRefusal(IPAddress destination, int prefixLength, uint metric) =>
        Do($"refuse what is for {destination}/{prefixLength}", Refusal(NewRoute, Create | Replace, destination, prefixLength, metric), Exists);

    /// <summary>False: there was none.</summary>
    public bool DeleteRefusal(IPAddress destination, int prefixLength, uint metric)
    {
        var errno = _socket.Exchange(Refusal(DeleteRouteType, 0, destination, prefixLength, metric));
        return errno is 0 || (errno is NoSuchProcess or NoEntry ? false : throw new NetlinkException($"no longer refuse what is for {destination}/{prefixLength}", errno));
    }

    /// <summary>The destinations that are refused with this metric.</summary>
    public IReadOnlyList<(IPAddress Destination, int PrefixLength)> Refused(uint metric)
    {
        List<(IPAddress, int)> refused = [];
        EachRoute("list the routes that refuse", Unreachable, route =>
        {
            if (route.Metric == metric) refused.Add((route.Destination, route.PrefixLength));
        });
        return refused;
    }

    /// <summary>What comes from these addresses asks this table first; what the table does not know goes on to the others. Saying it twice is saying it once.</summary>
    public void AddRule(IPAddress source, int prefixLength, int table) =>
        Do($"route from {source}/{prefixLength} by table {table}", Rule(NewRule, Create | Exclusive, source, prefixLength, table), Exists);

    /// <summary>False: there was none.</summary>
    public bool DeleteRule(IPAddress source, int prefixLength, int table)
    {
        var errno = _socket.Exchange(Rule(DeleteRuleType, 0, source, prefixLength, table));
        return errno is 0 || (errno is NoEntry ? false : throw new NetlinkException($"delete the rule from {source}/{prefixLength}", errno));
    }

    /// <summary>A neighbour that is never asked for and never forgotten.</summary>
    public void AddNeighbour(int index, IPAddress address, PhysicalAddress mac) =>
        Do($"neighbour {address} on interface {index}", new NetlinkMessage(NewNeighbour, Request | Acknowledge | Create | Replace)
            .Fixed(new NeighbourInfo { Family = Family(address), Index = index, State = 0x80 /* permanent */ })
            .Attribute(1, address.GetAddressBytes()).Attribute(2, mac.GetAddressBytes()));

    /// <summary>False: there was none.</summary>
    public bool DeleteNeighbour(int index, IPAddress address)
    {
        var errno = _socket.Exchange(new NetlinkMessage(DeleteNeighbourType, Request | Acknowledge)
            .Fixed(new NeighbourInfo { Family = Family(address), Index = index }).Attribute(1, address.GetAddressBytes()));
        return errno is 0 || (errno is NoEntry ? false : throw new NetlinkException($"delete neighbour {address}", errno));
    }

    /// <summary>Puts a queue before an interface, in place of the one that is there.</summary>
    /// <exception cref="NetlinkException">ENOENT: this kernel has no tc-tbf (CONFIG_NET_SCH_TBF).</exception>
    public void SetQueue(int index, TokenBucket bucket) => Do($"limit interface {index} to {bucket.BytesPerSecond} bytes a second", bucket.Describe(
        new NetlinkMessage(NewQueue, Request | Acknowledge | Create | Replace).Fixed(new TokenBucket.TrafficControl { Index = index, Parent = TokenBucket.Root })));

    /// <summary>Takes such a queue off. False: there was none.</summary>
    public bool DeleteQueueOf(int index)
    {
        var errno = _socket.Exchange(new NetlinkMessage(DeleteQueue, Request | Acknowledge).Fixed(new TokenBucket.TrafficControl { Index = index, Parent = TokenBucket.Root }));
        return errno is 0 || (errno is NoEntry or InvalidArgument ? false : throw new NetlinkException($"take the queue off interface {index}", errno));
    }

    public void Dispose() => _socket.Dispose();

    private static NetlinkMessage Route(ushort type, int flags, int index, IPAddress destination, int prefixLength, IPAddress? gateway, IPAddress? source, int table)
    {
        var message = new NetlinkMessage(type, (ushort)(Request | Acknowledge | flags)).Fixed(new RouteInfo
        {
            Family = Family(destination), DestinationLength = (byte)prefixLength, Protocol = type == NewRoute ? Ours : (byte)0,
            Scope = (byte)(type == NewRoute ? (gateway is null ? 253 /* link */ : 0) : 255), Type = type == NewRoute ? (byte)1 : (byte)0,
            Flags = gateway is null ? 0 : 4u /* onlink */,
        }).Attribute(4, (uint)index).Attribute(15, (uint)table);
        if (prefixLength > 0) message.Attribute(1, destination.GetAddressBytes());
        if (gateway is not null) message.Attribute(5, gateway.GetAddressBytes());
        if (source is not null) message.Attribute(7, source.GetAddressBytes());
        return message;
    }

    private static NetlinkMessage Refusal(ushort type, int flags, IPAddress destination, int prefixLength, uint metric)
    {
        var message = new NetlinkMessage(type, (ushort)(Request | Acknowledge | flags)).Fixed(new RouteInfo
        {
            Family = Family(destination), DestinationLength = (byte)prefixLength, Protocol = Ours, Type = Unreachable,
        }).Attribute(6, metric).Attribute(15, (uint)MainTable);
        return prefixLength > 0 ? message.Attribute(1, destination.GetAddressBytes()) : message;
    }

    private static NetlinkMessage Rule(ushort type, int flags, IPAddress source, int prefixLength, int table) =>
        new NetlinkMessage(type, (ushort)(Request | Acknowledge | flags))
            .Fixed(new RuleInfo { Family = Family(source), SourceLength = (byte)prefixLength, Action = 1 /* look up */ })
            .Attribute(2, source.GetAddressBytes()).Attribute(6, (uint)table /* its priority too: before the main table's 32766 */).Attribute(15, (uint)table);

    private Link? FindLink(NetlinkMessage request, string what)
    {
        Link? link = null;
        var errno = _socket.Exchange(request, payload => link = ReadLink(payload));
        return errno is 0 ? link : errno is NoDevice ? null : throw new NetlinkException($"look up {what}", errno);
    }

    private static Link? ReadLink(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < 16) return null;
        var info = MemoryMarshal.Read<InterfaceInfo>(payload);
        var (name, mac, mtu, peer, port) = ("", PhysicalAddress.None, 0, 0, 0);
        for (var rest = payload[16..]; TryTake(ref rest, out var type, out var value);)
            switch (type)
            {
                case 1: mac = new PhysicalAddress(value.ToArray()); break;
                case 3: name = Encoding.ASCII.GetString(value.TrimEnd((byte)0)); break;
                case 4 when value.Length == 4: mtu = BinaryPrimitives.ReadInt32LittleEndian(value); break;
                case 5 when value.Length == 4: peer = BinaryPrimitives.ReadInt32LittleEndian(value); break;
                case 18: port = ReadTunnelPort(value); break;
            }
        return new(info.Index, name, mac, mtu, (info.Flags & 1) != 0, (info.Flags & 0x40) != 0, peer, port);
    }

    private static int ReadTunnelPort(ReadOnlySpan<byte> linkInfo)
    {
        var isVxlan = false;
        while (TryTake(ref linkInfo, out var type, out var value))
            if (type == 1) isVxlan = Encoding.ASCII.GetString(value.TrimEnd((byte)0)) == VxlanKind;
            else if (type == 2 && isVxlan)
                while (TryTake(ref value, out var option, out var bytes))
                    if (option == VxlanPort && bytes.Length == 2) return BinaryPrimitives.ReadUInt16BigEndian(bytes);
        return 0;
    }

    /// <summary>Takes the next attribute off; false: there is none, or it is torn.</summary>
    private static bool TryTake(ref ReadOnlySpan<byte> attributes, out int type, out ReadOnlySpan<byte> value)
    {
        type = 0;
        value = default;
        if (attributes.Length < 4) return false;
        var length = BinaryPrimitives.ReadUInt16LittleEndian(attributes);
        if (length < 4 || length > attributes.Length) return false;
        type = BinaryPrimitives.ReadUInt16LittleEndian(attributes[2..]) & 0x3fff;
        value = attributes[4..length];
        attributes = attributes[Math.Min(attributes.Length, (length + 3) & ~3)..];
        return true;
    }

    private void Do(string what, NetlinkMessage message, int alsoFine = 0)
    {
        var errno = _socket.Exchange(message);
        if (errno != 0 && errno != alsoFine) throw new NetlinkException(what, errno);
    }

    private static byte Family(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? (byte)10 : (byte)2;

    [StructLayout(LayoutKind.Sequential)]
    private struct InterfaceInfo
    {
        public ushort Family, Type;
        public int Index;
        public uint Flags, Change;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct AddressInfo
    {
        public byte Family, PrefixLength, Flags, Scope;
        public int Index;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct RouteInfo
    {
        public byte Family, DestinationLength, SourceLength, Tos, Table, Protocol, Scope, Type;
        public uint Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct RuleInfo
    {
        public byte Family, DestinationLength, SourceLength, Tos, Table, Pad1, Pad2, Action;
        public uint Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct NeighbourInfo
    {
        public byte Family, Pad1;
        public ushort Pad2;
        public int Index;
        public ushort State;
        public byte Flags, Type;
    }
}
