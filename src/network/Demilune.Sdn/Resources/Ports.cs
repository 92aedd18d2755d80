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

    private static readonly Check FixedIps = Checks.OrNull(Checks.ListOf(
        Checks.Members(("subnet_id", Checks.OrNull(Checks.Uuid)), ("ip_address", Checks.OrNull(Checks.IpAddress))), MaxFixedIps));

    private static readonly Check PairAddress = (ref value) =>
    {
        if (Checks.TextOf(value) is { } text && (Address.TryParse(text, out _) || Cidr.TryParse(text, out _))) return null;
        return $"{Checks.Quote(value)} is not a valid IP subnet";
    };

    private static readonly Check Pairs = Checks.OrNull(Checks.ListOf(
        Checks.Members(("ip_address", PairAddress), ("mac_address", Checks.OrNull(Checks.Mac))), MaxAddressPairs));

    private static readonly Check DhcpOptions = Checks.OrNull(Checks.ListOf(
        Checks.Members(("opt_name", Checks.Text(64)), ("opt_value", Checks.TextOrNull(255)), ("ip_version", Checks.OrNull(Checks.Int(4, 6)))), 64));

    public override AttributeTable Attributes { get; } = new(
        standard: true,
        Attribute.RequiredOnce("network_id", Checks.Uuid),
        new("admin_state_up", Checks.Bool) { Default = () => true },
        new("mac_address", Checks.OrNull(Checks.Mac)),
        new("fixed_ips", FixedIps),
        new("device_id", Checks.Text(255)) { Default = () => "" },
        new("device_owner", Checks.Text(255)) { Default = () => "" },
        new("security_groups", Checks.OrNull(Checks.UuidList)),
        new("port_security_enabled", Checks.OrNull(Checks.Bool)),
        new("allowed_address_pairs", Pairs),
        new("extra_dhcp_opts", DhcpOptions),
        new("binding:host_id", Checks.TextOrNull(255)) { Default = () => "" },
        new("binding:vnic_type", Checks.OneOf("normal", "direct", "macvtap")) { Default = () => "normal" },
        new("binding:profile", Checks.OrNull(Checks.Object)) { Default = () => new JsonObject() },
        new("qos_policy_id", Checks.OrNull(Checks.Uuid)),
        new("tags", Tags.Check) { Put = false },
        Attribute.ReadOnly("status"),
        Attribute.ReadOnly("binding:vif_type"),
        Attribute.ReadOnly("binding:vif_details"));

    public static string AddressKey(string subnetId, string address) => $"address:{subnetId}:{address}";

    /// <summary>Stands for a node among the ids that objects refer to, so that its ports are found at once.</summary>
    public static string NodeReference(string? node) => "node:" + node;

    public override Fault NotFound(string id) => new(404, "PortNotFound", $"Port {id} could not be found.");

    protected override Fault? OnCreate(Draft draft, ref Port made)
    {
        if (draft.State.Find<Network>(made.NetworkId) is not { } network || !draft.Sees(network))
            return Collections.Of(typeof(Network)).NotFound(made.NetworkId!);
        var defaultGroup = SecurityGroups.EnsureDefault(draft, made.ProjectId!);
        var secure = made.PortSecurityEnabled ?? network.PortSecurityEnabled ?? true;
        made = made with
        {
            PortSecurityEnabled = secure,
            SecurityGroups = made.SecurityGroups ?? (secure ? [defaultGroup.Id] : []),
            AllowedAddressPairs = made.AllowedAddressPairs ?? [],
            ExtraDhcpOpts = made.ExtraDhcpOpts ?? [],
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
            ExtraDhcpOpts = now.ExtraDhcpOpts ?? [],
        };
        if (now.QosPolicyId != was.QosPolicyId && QosPolicies.Missing(draft, now.QosPolicyId) is { } missing) return missing;
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

    /// <summary>The real server answers 500 here, out of a foreign key of its database.</summary>
    protected override Fault? OnDelete(Draft draft, Port gone) =>
        draft.State.Referrers<PortPair>(gone.Id).FirstOrDefault() is { } pair
            ? new(409, "PortInUse", $"Port {gone.Id} is in use by port pair {pair.Id}.")
        : draft.State.Referrers<FlowClassifier>(gone.Id).FirstOrDefault() is { } classifier
            ? new(409, "PortInUse", $"Port {gone.Id} is in use by flow classifier {classifier.Id}.")
        : null;

    protected override IEnumerable<string> References(Port resource) =>
        [resource.NetworkId!, NodeReference(resource.HostId), .. resource.SecurityGroups ?? [], .. (resource.FixedIps ?? []).Select(ip => ip.SubnetId!),
            .. resource.QosPolicyId is { } policy ? (string[])[policy] : []];

    protected override IEnumerable<string> Keys(Port resource) =>
        [MacKey(resource), .. (resource.FixedIps ?? []).Select(ip => AddressKey(ip.SubnetId!, ip.IpAddress!))];

    private static string MacKey(Port port) => $"mac:{port.NetworkId}:{port.MacAddress}";

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

    /// <summary>Turns what was asked for into addresses.</summary>
    /// <param name="asked">Null: one of each family.</param>
    /// <param name="was">The port before an update: its own addresses are free to it.</param>
    private static Fault? AddressFault(Draft draft, IReadOnlyList<FixedIp>? asked, ref Port port, Port? was = null)
    {
        var subnets = draft.State.Referrers<Subnet>(port.NetworkId!).OrderBy(subnet => subnet.CreatedAt, StringComparer.Ordinal)
            .ThenBy(subnet => subnet.Id, StringComparer.Ordinal).ToList();
        var wanted = asked ?? [.. subnets.GroupBy(subnet => subnet.IpVersion).OrderBy(family => family.Key).Select(_ => new FixedIp())];
        var open = asked is null ? subnets.GroupBy(subnet => subnet.IpVersion).OrderBy(family => family.Key).Select(family => family.ToList()).ToList() : null;
        var given = new List<FixedIp>();
        for (var i = 0; i < wanted.Count; i++)
        {
            var candidates = open?[i] ?? subnets;
            var fault = wanted[i] switch
            {
                { IpAddress: { } address } ip => Take(draft.State, port, was, candidates, ip.SubnetId, address, given),
                { SubnetId: { } id } => candidates.Find(subnet => subnet.Id == id) is { } subnet
                    ? Give(draft, port, [subnet], given)
                    : NotOnNetwork(port, id),
                _ => Give(draft, port, candidates, given),
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
        if (Subnets.IsReserved(Subnets.PrefixOf(subnet), address))
            return new(400, "InvalidIpForSubnet", $"IP address {text} is not a valid IP for the specified subnet.");
        var holder = state.Holder(AddressKey(subnet.Id, text));
        if (holder is not null && holder != was?.Id || Contains(given, subnet.Id, text))
            return new(409, "IpAddressAlreadyAllocated", $"IP address {text} already allocated in subnet {subnet.Id}");
        given.Add(new() { SubnetId = subnet.Id, IpAddress = text });
        return null;
    }

    private static Fault? Give(Draft draft, Port port, List<Subnet> subnets, List<FixedIp> given)
    {
        foreach (var subnet in subnets)
        {
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
