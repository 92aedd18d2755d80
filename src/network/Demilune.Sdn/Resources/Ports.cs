using Demilune.Neutron;
using Demilune.Sdn.Addressing;
using Demilune.Sdn.Api;
using System.Text.Json.Nodes;

namespace Demilune.Sdn.Resources;

internal sealed class Ports : Collection<Port>
{
    /// <summary>Neutron's max_fixed_ips_per_port, doubled for dual stack.</summary>
    private const int MaxFixedIps = 10;

    /// <summary>Neutron's max_allowed_address_pair.</summary>
    private const int MaxAddressPairs = 10;

    public static readonly Check FixedIps = (ref value) =>
        Checks.ListOf(FixedIpFault, MaxFixedIps, distinct: false)(ref value)
        ?? (value!.AsArray().Select(ip => Checks.TextOf(ip!["ip_address"])).OfType<string>().GroupBy(ip => ip).FirstOrDefault(same => same.Count() > 1) is { } twice
            ? $"Duplicate IP address '{twice.Key}'" : null);

    private static readonly Check PairAddress = (ref value) =>
    {
        if (Checks.TextOf(value) is { } text && (Address.TryParse(text, out _) || Cidr.TryParse(text, out _))) return null;
        return $"{Checks.Quote(value)} is not a valid IP subnet";
    };

    /// <summary>Null said is none; not said is the default group.</summary>
    private static readonly Check Groups = (ref value) =>
    {
        value ??= new JsonArray();
        return Checks.UuidList(ref value);
    };

    private static readonly Check Pairs = Checks.OrNull(Checks.ListOf(
        Checks.Members(("ip_address", PairAddress), ("mac_address", Checks.OrNull(Checks.Mac))), 1_000, distinct: false));

    private static readonly Check DhcpOptions = Checks.OrNull(Checks.ListOf(DhcpOptionFault, 64));

    private static Objection? FixedIpFault(ref JsonNode? value)
    {
        if (value is not JsonObject given) return $"Invalid data format for fixed IP: {Checks.Quote(value)}";
        if (!given.ContainsKey("subnet_id") && !given.ContainsKey("ip_address"))
            return new("IP allocation requires subnet_id or ip_address", Conversion: true);
        return Checks.Members(("subnet_id", Checks.OrNull(Checks.Uuid)), ("ip_address", Checks.OrNull(Checks.IpAddress)))(ref value);
    }

    /// <summary>Name and value, both needed; a value of null takes the option away.</summary>
    private static Objection? DhcpOptionFault(ref JsonNode? value)
    {
        var version = (value as JsonObject)?["ip_version"];
        return value is JsonObject option && Checks.TextOf(option["opt_name"]) is { Length: > 0 and <= 64 } && option.ContainsKey("opt_value")
            && (option["opt_value"] is null || Checks.TextOf(option["opt_value"]) is { Length: <= 255 }) && (!option.ContainsKey("ip_version") || Checks.IpVersion(ref version) is null)
            && option.All(member => member.Key is "opt_name" or "opt_value" or "ip_version")
                ? null
                : new($"No valid key specs matched for: {Checks.Python(value)}", Conversion: true);
    }

    public override AttributeTable Attributes { get; } = new(
        standard: true,
        Attribute.RequiredOnce("network_id", Checks.Uuid),
        new("admin_state_up", Checks.Bool) { Default = () => true },
        new("mac_address", Checks.OrNull(Checks.Mac)),
        new("fixed_ips", FixedIps),
        new("device_id", Checks.Text(255)) { Default = () => "" },
        new("device_owner", Checks.Text(255)) { Default = () => "" },
        new("security_groups", Groups),
        new("port_security_enabled", Checks.Bool),
        new("allowed_address_pairs", Pairs),
        new("extra_dhcp_opts", DhcpOptions),
        new("binding:host_id", Checks.TextOrNull(255)) { Default = () => "", AdminSets = true, AdminAlways = true, AdminSees = true },
        new("binding:vnic_type", Checks.OneOf("normal", "direct", "macvtap", "baremetal", "direct-physical", "virtio-forwarder", "smart-nic", "accelerator-direct", "vdpa", "remote-managed")) { Default = () => "normal" },
        new("binding:profile", Checks.OrNull(Checks.Object)) { Default = () => new JsonObject(), AdminSets = true, AdminAlways = true, AdminSees = true },
        new("qos_policy_id", Checks.OrNull(Checks.Uuid)),
        new("tags", Tags.Check) { Put = false, Default = () => new JsonArray() },
        Attribute.ReadOnly("status"),
        Attribute.ReadOnly("qos_network_policy_id"),
        Attribute.ReadOnly("binding:vif_type") with { AdminSees = true },
        Attribute.ReadOnly("binding:vif_details") with { AdminSees = true });

    public static string AddressKey(string subnetId, string address) => $"address:{subnetId}:{address}";

    /// <summary>Stands for a node among the ids that objects refer to, so that its ports are found at once.</summary>
    public static string NodeReference(string? node) => "node:" + node;

    /// <summary>Stands for the router or floating address that a port belongs to, so that its ports are found at once.</summary>
    public static string DeviceReference(string device) => "device:" + device;

    /// <summary>A port that the server makes for itself: without security groups, and for its owner to delete.</summary>
    public static Fault? MakeInternal(Draft draft, Port wanted, out Port made)
    {
        made = wanted with
        {
            Id = draft.NewId(),
            Name = "",
            Description = "",
            AdminStateUp = true,
            PortSecurityEnabled = false,
            SecurityGroups = [],
            AllowedAddressPairs = [],
            ExtraDhcpOpts = [],
            HostId = "",
            VnicType = "normal",
            BindingProfile = EmptyObject,
            Tags = [],
            Status = wanted.DeviceOwner == FloatingIps.Owner ? "N/A" : "DOWN",
            CreatedAt = draft.Now,
            UpdatedAt = draft.Now,
            RevisionNumber = 1,
        };
        if (MacFault(draft, ref made) is { } mac) return mac;
        if (AddressFault(draft, made.FixedIps, ref made) is { } address) return address;
        made = Bound(made);
        draft.Put(made);
        return null;
    }

    private static System.Text.Json.JsonElement EmptyObject { get; } = System.Text.Json.JsonDocument.Parse("{}").RootElement;

    public override Fault NotFound(string id) => new(404, "PortNotFound", $"Port {id} could not be found.");

    public override Fault? Create(Draft draft, JsonObject attributes, out Resource made)
    {
        made = null!;
        return OwnerFault(draft, Checks.TextOf(attributes["network_id"]), attributes, "create_port") ?? base.Create(draft, attributes, out made);
    }

    public override Fault? Update(Draft draft, Resource was, JsonObject changes, out Resource now)
    {
        now = null!;
        return OwnerFault(draft, ((Port)was).NetworkId, changes, "update_port") ?? base.Update(draft, was, changes, out now);
    }

    /// <summary>On a network of somebody else's a port takes what it is given: it may not choose an address or go without anti-spoofing.</summary>
    private static Fault? OwnerFault(Draft draft, string? networkId, JsonObject given, string rule)
    {
        if (draft.Caller.IsAdmin || draft.State.Find<Network>(networkId) is not { } network || network.ProjectId == draft.Caller.Project) return null;
        var said = given["mac_address"] is not null ? "mac_address"
            : given["port_security_enabled"] is not null ? "port_security_enabled"
            : given["allowed_address_pairs"] is JsonArray { Count: > 0 } ? "allowed_address_pairs"
            : (given["fixed_ips"] as JsonArray ?? []).Any(ip => ip?["ip_address"] is not null) ? "fixed_ips:ip_address"
            : Checks.TextOf(given["device_owner"])?.StartsWith("network:", StringComparison.Ordinal) is true ? "device_owner"
            : null;
        return said is null ? null : Fault.Forbidden($"rule:{rule} and rule:{rule}:{said}");
    }

    protected override Fault? OnCreate(Draft draft, ref Port made)
    {
        if (draft.State.Find<Network>(made.NetworkId) is not { } network || !draft.Sees(network))
            return Collections.Of(typeof(Network)).NotFound(made.NetworkId!);
        var defaultGroup = SecurityGroups.EnsureDefault(draft, made.ProjectId!);
        // What the network itself puts on a wire (DHCP servers, routers) is trusted.
        var trusted = made.DeviceOwner?.StartsWith("network:", StringComparison.Ordinal) is true;
        var secure = made.PortSecurityEnabled ?? (!trusted && (network.PortSecurityEnabled ?? true));
        made = made with
        {
            PortSecurityEnabled = secure,
            SecurityGroups = made.SecurityGroups ?? (secure ? [defaultGroup.Id] : []),
            AllowedAddressPairs = made.AllowedAddressPairs ?? [],
            ExtraDhcpOpts = Merged([], made.ExtraDhcpOpts ?? []),
            BindingProfile = made.BindingProfile ?? EmptyObject,
            Status = "DOWN",
            RevisionNumber = 1,
        };
        if (QosPolicies.Missing(draft, made.QosPolicyId) is { } missing) return missing;
        if (MacFault(draft, ref made) is { } mac) return mac;
        if (AddressFault(draft, made.FixedIps, ref made) is { } address) return address;
        if (SecurityFault(draft, made) is { } security) return security;
        made = Bound(made);
        return null;
    }

    protected override Fault? OnUpdate(Draft draft, Port was, ref Port now)
    {
        now = now with
        {
            PortSecurityEnabled = now.PortSecurityEnabled ?? true,
            SecurityGroups = now.SecurityGroups ?? [],
            AllowedAddressPairs = now.AllowedAddressPairs ?? [],
            ExtraDhcpOpts = ReferenceEquals(now.ExtraDhcpOpts, was.ExtraDhcpOpts) ? was.ExtraDhcpOpts : Merged(was.ExtraDhcpOpts ?? [], now.ExtraDhcpOpts ?? []),
            BindingProfile = now.BindingProfile ?? EmptyObject,
        };
        // Null asks for another one.
        if (QosPolicies.ChangeFault(draft, was.QosPolicyId, now.QosPolicyId) is { } policy) return policy;
        if (now.MacAddress != was.MacAddress && MacFault(draft, ref now) is { } mac) return mac;
        if (!SameAddresses(was.FixedIps, now.FixedIps) && AddressFault(draft, now.FixedIps ?? [], ref now, was) is { } address) return address;
        if (was.PortSecurityEnabled is true && now is { PortSecurityEnabled: false, SecurityGroups.Count: > 0 })
            return new(409, "PortSecurityPortHasSecurityGroup",
                "Port has security group associated. Cannot disable port security or IP address until security group is removed.");
        if (SecurityFault(draft, now) is { } security) return security;
        // A port that moves is not active where it is going; the new node will say when it is.
        if (now.HostId != was.HostId) now = now with { Status = "DOWN" };
        now = Bound(now);
        return null;
    }

    protected override Fault? OnDelete(Draft draft, Port gone)
    {
        if (gone.DeviceOwner is Routers.InterfaceOwner or Routers.GatewayOwner or FloatingIps.Owner
            && (draft.State.Find<Router>(gone.DeviceId) is not null || draft.State.Find<FloatingIp>(gone.DeviceId) is not null))
            return new(409, "ServicePortInUse", $"Port {gone.Id} cannot be deleted directly via the port API: has device owner {gone.DeviceOwner}.");
        if (Trunks.PortFault(draft.State, gone) is { } trunk) return trunk;
        if (ChainFault(draft, gone) is { } chain) return chain;
        FloatingIps.Release(draft, gone);
        return null;
    }

    protected override void Complete(NetworkState state, Port resource, JsonObject view)
    {
        view["binding:vif_details"] ??= new JsonObject();
        foreach (var pair in view["allowed_address_pairs"] as JsonArray ?? []) pair!["mac_address"] ??= resource.MacAddress;
        view["qos_network_policy_id"] = state.Find<Network>(resource.NetworkId)?.QosPolicyId;
        if (Trunks.DetailsOf(state, resource) is { } details) view["trunk_details"] = details;
    }

    /// <summary>The real server answers 500 here, out of a foreign key of its database.</summary>
    private static Fault? ChainFault(Draft draft, Port gone) =>
        draft.State.Referrers<PortPair>(gone.Id).FirstOrDefault() is { } pair
            ? new(409, "PortInUse", $"Port {gone.Id} is in use by port pair {pair.Id}.")
        : draft.State.Referrers<FlowClassifier>(gone.Id).FirstOrDefault() is { } classifier
            ? new(409, "PortInUse", $"Port {gone.Id} is in use by flow classifier {classifier.Id}.")
        : null;

    protected override IEnumerable<string> References(Port resource) =>
        [resource.NetworkId!, NodeReference(resource.HostId), .. resource.SecurityGroups ?? [], .. (resource.FixedIps ?? []).Select(ip => ip.SubnetId!),
            .. resource.QosPolicyId is { } policy ? (string[])[policy] : [],
            .. resource.DeviceOwner?.StartsWith("network:", StringComparison.Ordinal) is true ? (string[])[DeviceReference(resource.DeviceId ?? "")] : []];

    protected override IEnumerable<string> Keys(Port resource) =>
        [MacKey(resource), .. (resource.FixedIps ?? []).Select(ip => AddressKey(ip.SubnetId!, ip.IpAddress!))];

    private static string MacKey(Port port) => $"mac:{port.NetworkId}:{port.MacAddress}";

    /// <summary>The same port on another node, which has yet to say that it is there.</summary>
    public static Port On(Port port, string node) => Bound(port with { HostId = node, Status = "DOWN" });

    private static Port Bound(Port port) => port with
    {
        VifType = port.HostId is null or "" ? "unbound" : "demilune",
        HostId = port.HostId ?? "",
        VifDetails = null,
    };

    private static Fault? MacFault(Draft draft, ref Port port)
    {
        if (port.MacAddress is not null)
            return draft.State.Holder(MacKey(port)) is null ? null
                : new(409, "MacAddressInUse", $"Unable to complete operation for network {port.NetworkId}. The mac address {port.MacAddress} is in use.");
        // 24 random bits: with the quota's 65,536 ports one try in 256 hits a taken one.
        for (var attempt = 0; attempt < 16; attempt++)
        {
            port = port with { MacAddress = MacAddress.Next(draft.Random) };
            if (draft.State.Holder(MacKey(port)) is null) return null;
        }
        return new(503, "MacAddressGenerationFailure", $"Unable to generate unique mac on network {port.NetworkId}.");
    }

    /// <summary>An option that is there is replaced, one with null goes, the others stay.</summary>
    private static List<ExtraDhcpOption> Merged(IReadOnlyList<ExtraDhcpOption> had, IReadOnlyList<ExtraDhcpOption> given)
    {
        var merged = had.ToList();
        foreach (var option in given)
        {
            var version = option.IpVersion ?? 4;
            merged.RemoveAll(other => other.OptName == option.OptName && other.IpVersion == version);
            if (option.OptValue is not null) merged.Add(option with { IpVersion = version });
        }
        return merged;
    }

    private static Fault? PairFault(Port port)
    {
        var pairs = port.AllowedAddressPairs!;
        if (pairs.Any(pair => pair.IpAddress is null)) return new(400, "AllowedAddressPairsMissingIP", "AllowedAddressPair must contain ip_address");
        if (pairs.DistinctBy(pair => (pair.IpAddress, pair.MacAddress ?? port.MacAddress)).Count() < pairs.Count)
            return new(400, "DuplicateAddressPairInRequest", "Request contains duplicate address pair.");
        return pairs.Count <= MaxAddressPairs ? null
            : new(400, "AllowedAddressPairExhausted", $"The number of allowed address pair exceeds the maximum {MaxAddressPairs}.");
    }

    /// <summary>A subnet whose hosts make up their own addresses out of their MACs.</summary>
    private static bool IsAuto(Subnet subnet) => subnet.Ipv6AddressMode is "slaac" or "dhcpv6-stateless";

    /// <summary>The address that a host with this MAC gives itself (RFC 4291 appendix A).</summary>
    private static Address Eui64(Subnet subnet, string mac)
    {
        var hex = mac.Replace(":", "", StringComparison.Ordinal);
        var number = ulong.Parse(hex, System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture);
        var interfaceId = ((number >> 24 ^ 0x020000) << 40) | 0xfffe000000UL | (number & 0xffffff);
        return new(true, Subnets.PrefixOf(subnet).First.Value | interfaceId);
    }

    /// <summary>Turns what was asked for into addresses.</summary>
    /// <param name="asked">Null: one of each family.</param>
    /// <param name="was">The port before an update: its own addresses are free to it.</param>
    private static Fault? AddressFault(Draft draft, IReadOnlyList<FixedIp>? asked, ref Port port, Port? was = null)
    {
        var subnets = draft.State.Referrers<Subnet>(port.NetworkId!).OrderBy(subnet => subnet.CreatedAt, StringComparer.Ordinal)
            .ThenBy(subnet => subnet.Id, StringComparer.Ordinal).ToList();
        var owned = port.DeviceOwner ?? "";
        // Without a word about it: one of each family, and one of every subnet where hosts make up their own.
        var families = subnets.Where(subnet => !IsAuto(subnet) && Serves(subnet, owned)).GroupBy(subnet => subnet.IpVersion).OrderBy(family => family.Key).Select(family => family.ToList());
        var choices = asked is not null ? [.. asked.Select(ip => (ip, subnets))]
            : families.Concat(subnets.Where(IsAuto).Select(auto => new List<Subnet> { auto })).Select(of => (new FixedIp(), of)).ToList();
        var given = new List<FixedIp>();
        foreach (var (ip, candidates) in choices)
        {
            var fault = ip switch
            {
                { IpAddress: { } address } => Take(draft.State, port, was, candidates, ip.SubnetId, address, given),
                { SubnetId: { } id } => candidates.Find(subnet => subnet.Id == id) is { } subnet
                    ? Give(draft, port, was, [subnet], given)
                    : draft.State.Find<Subnet>(id) is null ? Collections.Of(typeof(Subnet)).NotFound(id) : NotOnNetwork(port, id),
                _ => Give(draft, port, was, candidates, given),
            };
            if (fault is not null) return fault;
        }
        port = port with { FixedIps = given };
        return null;
    }

    private static Fault? Take(
        NetworkState state, Port port, Port? was, List<Subnet> subnets, string? subnetId, string text, List<FixedIp> given)
    {
        if (subnetId is not null && !subnets.Exists(subnet => subnet.Id == subnetId)) return NotOnNetwork(port, subnetId);
        if (!Address.TryParse(text, out var address)) return Fault.BadRequest($"Invalid input for fixed_ips. Reason: '{text}' is not a valid IP address.");
        var subnet = subnets.Find(candidate => (subnetId is null || candidate.Id == subnetId) && Subnets.PrefixOf(candidate).Contains(address));
        if (subnet is null)
            return subnetId is null
                ? new(400, "InvalidIpForNetwork", $"IP address {text} is not a valid IP for any of the subnets on the specified network.")
                : new(400, "InvalidIpForSubnet", $"IP address {text} is not a valid IP for the specified subnet.");
        // A subnet's first address is its routers' (RFC 4291 §2.6.1).
        var isRouters = address.IsV6 && port.DeviceOwner is (Routers.InterfaceOwner or Routers.GatewayOwner);
        if (!isRouters && Subnets.IsReserved(Subnets.PrefixOf(subnet), address))
            return subnetId is null
                ? new(400, "InvalidIpForNetwork", $"IP address {text} is not a valid IP for any of the subnets on the specified network.")
                : new(400, "InvalidIpForSubnet", $"IP address {text} is not a valid IP for the specified subnet.");
        if (IsAuto(subnet) && port.DeviceOwner != Routers.InterfaceOwner && text != Eui64(subnet, port.MacAddress!).ToString())
            return new(400, "AllocationOnAutoAddressSubnet",
                $"IPv6 address {text} cannot be directly assigned to a port on subnet {subnet.Id} as the subnet is configured for automatic addresses");
        var holder = state.Holder(AddressKey(subnet.Id, text));
        if (holder is not null && holder != was?.Id || Contains(given, subnet.Id, text))
            return new(409, "IpAddressAlreadyAllocated", $"IP address {text} already allocated in subnet {subnet.Id}");
        given.Add(new() { SubnetId = subnet.Id, IpAddress = text });
        return null;
    }

    /// <summary>A subnet for certain owners is for them alone.</summary>
    private static bool Serves(Subnet subnet, string owner) =>
        subnet.ServiceTypes is not { Count: > 0 } types || types.Any(type => owner.StartsWith(type, StringComparison.Ordinal));

    private static Fault? Give(Draft draft, Port port, Port? was, List<Subnet> subnets, List<FixedIp> given)
    {
        foreach (var subnet in subnets)
        {
            if (IsAuto(subnet)) return Take(draft.State, port, was, [subnet], subnet.Id, Eui64(subnet, port.MacAddress!).ToString(), given);
            if (draft.Give(subnet) is not { } address || Contains(given, subnet.Id, address.ToString())) continue;
            given.Add(new() { SubnetId = subnet.Id, IpAddress = address.ToString() });
            return null;
        }
        return new(409, "IpAddressGenerationFailure", $"No more IP addresses available on network {port.NetworkId}.");
    }

    private static bool Contains(List<FixedIp> given, string subnetId, string address) =>
        given.Exists(ip => ip.SubnetId == subnetId && ip.IpAddress == address);

    private static bool SameAddresses(IReadOnlyList<FixedIp>? a, IReadOnlyList<FixedIp>? b) => (a ?? []).SequenceEqual(b ?? []);

    private static Fault NotOnNetwork(Port port, string subnetId) => Fault.InvalidInput(
        $"Failed to create port on network {port.NetworkId}, because fixed_ips included invalid subnet {subnetId}");

    private static Fault? SecurityFault(Draft draft, Port port)
    {
        if (PairFault(port) is { } pairs) return pairs;
        foreach (var id in port.SecurityGroups!)
            if (draft.State.Find<SecurityGroup>(id) is not { } group || !draft.Sees(group))
                return new(404, "SecurityGroupNotFound", $"Security group {id} does not exist");
        if (port.PortSecurityEnabled is true) return null;
        if (port.SecurityGroups.Count > 0)
            return new(400, "PortSecurityAndIPRequiredForSecurityGroups",
                "Port security must be enabled and port must have an IP address in order to use security groups.");
        return port.AllowedAddressPairs!.Count == 0 ? null
            : new(409, "AddressPairAndPortSecurityRequired", "Port Security must be enabled in order to have allowed address pairs on a port.");
    }
}
