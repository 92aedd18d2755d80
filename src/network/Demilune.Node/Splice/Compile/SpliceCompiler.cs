using System.Collections.Immutable;
using System.Net.NetworkInformation;
using Demilune.Contracts.Frames;
using Demilune.Contracts.Nodes;
using Demilune.Node.Names;
using Demilune.Node.Splice.Maps;

namespace Demilune.Node.Splice.Compile;

/// <summary>
/// A node's state → the contents of the kernel's tables. Pure: the same state gives the same bytes, in whatever order its
/// lists are. A port of which anything cannot be understood is closed and named, never half enforced.
/// </summary>
internal sealed class SpliceCompiler
{
    private const byte Ingress = 0, Egress = 1;

    private readonly NodeState _state;
    private readonly IReadOnlyDictionary<string, int> _interfaces;
    private readonly IReadOnlySet<string> _hurrying;
    private readonly SplicePlan _plan;
    private readonly CompilerMemory _memory;
    private readonly Dictionary<uint, SecurityPolicy> _policies;
    private readonly Membership _membership;
    private readonly Dictionary<string, SecurityGroup> _groups;
    private readonly Dictionary<string, AddressSet> _sets;
    private readonly Dictionary<string, Port> _ports;
    private readonly ILookup<string, FlowClassifier> _classifiers;
    private readonly HashSet<string> _named = [];
    private readonly Dictionary<string, string> _badNames = [];
    private readonly Dictionary<object, string?> _fitting = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, HashSet<NamePattern>> _patterns = [];

    private SpliceCompiler(NodeState state, IReadOnlyDictionary<string, int> interfaces, IReadOnlySet<string> hurrying, PanelTags tags, CompilerMemory memory)
    {
        (_state, _interfaces, _hurrying, _plan, _memory) = (state, interfaces, hurrying, new(tags, memory), memory);
        _membership = _plan.Membership;
        _policies = state.SecurityPolicies.DistinctBy(policy => policy.Tag).ToDictionary(policy => policy.Tag);
        _groups = state.SecurityGroups.DistinctBy(group => group.Id).ToDictionary(group => group.Id);
        _sets = state.AddressSets.DistinctBy(set => set.Id).ToDictionary(set => set.Id);
        _ports = state.Ports.DistinctBy(port => port.Id).ToDictionary(port => port.Id);
        _classifiers = state.Classifiers.ToLookup(item => item.LogicalDestinationPort.Length > 0 ? item.LogicalDestinationPort : item.LogicalSourcePort);
    }

    /// <param name="interfaces">Port id → ifindex of the host side. Ports that are not here have no interface yet and are left out.</param>
    /// <param name="learnt">What pods were told by name servers; null: nothing.</param>
    /// <param name="tags">Gives combinations of policies their tags; null: nobody has given any out.</param>
    /// <param name="memory">Of compilations before; null: there were none. The plan is the same, only sooner there.</param>
    /// <param name="overlay">Ifindex of the tunnels' interface; 0: there is none.</param>
    /// <param name="hurrying">Pod UIDs of the firewalls that can keep a short deadline now; null: none can.</param>
    public static SplicePlan Compile(
        NodeState state, IReadOnlyDictionary<string, int> interfaces, IEnumerable<LearntName>? learnt = null, PanelTags? tags = null, CompilerMemory? memory = null,
        int overlay = 0, IReadOnlySet<string>? hurrying = null)
    {
        memory ??= new();
        var plan = new SpliceCompiler(state, interfaces, hurrying ?? ImmutableHashSet<string>.Empty, tags ?? new(), memory).Compile(learnt ?? []);
        OverlayCompiler.Compile(state, overlay, memory, plan);
        RouteCompiler.Compile(state, plan);
        memory.Trim(plan);
        return plan;
    }

    /// <summary>The name that an address has for whom it is told by a name server.</summary>
    public static string DomainName(NamePattern pattern) => "domain " + pattern.Text;

    private SplicePlan Compile(IEnumerable<LearntName> learnt)
    {
        CompilePairs();
        List<(Port Port, int Interface, Subject<Rule> Rules, Subject<Classifier> Classes)> ready = [];
        foreach (var port in _ports.Values)
            if (_interfaces.TryGetValue(port.Id, out var index))
                ready.Add((port, index, RulesOf(port), _memory.Classes(Classifiers(port))));

        CompileAddresses([.. ready.Select(port => (port.Port, port.Interface))]);
        foreach (var (port, index, rules, classes) in ready)
        {
            CheckFits(port, rules, classes);
            if (_patterns.TryGetValue(port.Id, out var patterns)) _plan.LearningPorts[port.Id] = new((uint)index, patterns, rules, classes);
            PortRow row = new()
            {
                Network = port.Network, Kind = (byte)port.Kind, Policy = rules.Id, Classes = classes.Id, Pair = PairOf(port.Id),
                Flags = (byte)(PortRow.Exists | (port.PortSecurity ? PortRow.Security : 0) | (port.AdminStateUp && !_plan.Errors.ContainsKey(port.Id) ? PortRow.Up : 0)
                    | (patterns is null ? 0 : PortRow.Learns) | (port.IngressLimit is null ? 0 : PortRow.Shaped) | (port.Apart ? PortRow.Apart : 0)),
                RouterIpv4 = (ushort)port.RouterIpv4, RouterIpv6 = (ushort)port.RouterIpv6,
            };
            if (port.Kind == Port.Types.Kind.Pod) Mac(port).CopyTo(row.Mac);
            _plan.Ports.Set((uint)index, row);
        }
        _plan.Fill();
        foreach (var address in learnt.GroupBy(one => (one.PortId, one.Address))) _plan.Learn(address.Key.PortId, address.Key.Address, address);
        return _plan;
    }

    private void CompilePairs()
    {
        var firewalls = _state.Firewalls.DistinctBy(firewall => firewall.PortPairId).ToDictionary(firewall => firewall.PortPairId);
        foreach (var pair in _state.Chains.SelectMany(chain => chain.PortPairs).DistinctBy(pair => pair.Id))
        {
            // A pair with an interface still missing is none yet: its chain has one instance less.
            if (!_interfaces.TryGetValue(pair.Ingress, out var @in) || !_interfaces.TryGetValue(pair.Egress, out var @out)) continue;
            var firewall = firewalls.GetValueOrDefault(pair.Id);
            _plan.PairIds[pair.Id] = ContentId.Of("pair " + pair.Id);
            _plan.Pairs.Set(_plan.PairIds[pair.Id], new PairRow
            {
                InInterface = (uint)@in, OutInterface = (uint)@out,
                Deadline = Deadline.Of(firewall, firewall is not null && _hurrying.Contains(firewall.PodUid)) * 1_000_000ul,
                Flags = firewall is not null && WantsPlainFrames(firewall) ? PairRow.PlainFrames : 0,
            });
        }
        foreach (var chain in _state.Chains.DistinctBy(chain => chain.Id))
        {
            ChainRow row = default;
            foreach (var pair in chain.PortPairs.Where(pair => _plan.PairIds.ContainsKey(pair.Id) && firewalls.GetValueOrDefault(pair.Id) is not { Draining: true }).OrderBy(pair => pair.Id, StringComparer.Ordinal).Take(ChainRow.MaxPairs))
                row.Pairs[(int)row.Count++] = _plan.PairIds[pair.Id];
            _plan.Chains.Set(ChainId(chain.Id), row);
        }
    }

    /// <summary>Only our own engine knows super-frames and checksums that are still to be filled in.</summary>
    public static bool WantsPlainFrames(Firewall firewall) => firewall.Engine is not ("" or "demilune");

    private ulong PairOf(string port) => _state.Chains.SelectMany(chain => chain.PortPairs)
        .FirstOrDefault(pair => pair.Ingress == port || pair.Egress == port) is { } pair ? _plan.PairIds.GetValueOrDefault(pair.Id) : 0;

    internal static ulong ChainId(string id) => ContentId.Of("chain " + id);

    private Subject<Rule> RulesOf(Port port)
    {
        if (!port.PortSecurity || port.Kind != Port.Types.Kind.Pod) return _memory.Rules([]);
        List<SecurityGroup?> groups = [.. port.SecurityGroupIds.Select(_groups.GetValueOrDefault)];
        var ids = string.Join(' ', port.SecurityGroupIds);
        if (_memory.Find(ids, groups) is not { } rules) _memory.Keep(ids, rules = Combine(port.SecurityGroupIds, groups));
        foreach (var error in rules.Errors) Close(port, error);
        foreach (var spoken in rules.Spoken) Enter(port, spoken);
        foreach (var pattern in rules.Patterns) Learns(port, pattern);
        return rules.Subject;
    }

    // Of the groups alone: many ports have the same.
    private PortRules Combine(Google.Protobuf.Collections.RepeatedField<string> ids, List<SecurityGroup?> groups)
    {
        HashSet<Rule> rules = [];
        HashSet<Spoken> names = [];
        HashSet<NamePattern> patterns = [];
        List<string> errors = [];
        for (var i = 0; i < groups.Count; i++)
        {
            if (groups[i] is null) errors.Add($"security group {ids[i]} is not in the state");
            foreach (var rule in groups[i]?.Rules ?? [])
            {
                if (rule.Ethertype is not (4 or 6)) errors.Add($"rule {rule.Id}: ethertype {rule.Ethertype} is neither 4 nor 6");
                if (rule.Tier > 254 || (rule.Tier == 0 && rule.Action != SecurityGroupRule.Types.Action.Allow) || !Enum.IsDefined(rule.Action))
                    errors.Add($"rule {rule.Id}: action {rule.Action} in tier {rule.Tier} makes no sense");
                string? remote;
                if (rule.RemoteDomainName.Length > 0)
                {
                    if (Wrong(rule.RemoteDomainName, rule.Direction == SecurityGroupRule.Types.Direction.Egress, out var pattern) is { } wrong) errors.Add(wrong);
                    else patterns.Add(pattern);
                    remote = DomainName(pattern);
                }
                else
                {
                    remote = NameOf(rule.Ethertype, rule.RemotePrefix, rule.RemoteAddressSet, out var spoken);
                    if (remote is not null) names.Add(spoken);
                }
                rules.Add(new((byte)rule.Direction, (byte)rule.Ethertype, PortRange.From(rule.Ethertype, rule.Protocol, rule.PortMin, rule.PortMax), remote,
                    new((byte)rule.Tier, rule.Tier == 0 ? 0 : rule.Order, (RuleAction)rule.Action)));
            }
        }
        return new(groups, _memory.Rules([.. rules.OrderBy(rule => rule.ToString(), StringComparer.Ordinal)]), [.. names], [.. patterns], errors);
    }

    private List<Classifier> Classifiers(Port port)
    {
        if (port.Kind != Port.Types.Kind.Pod) return [];
        List<Classifier> classifiers = [];
        foreach (var item in _classifiers[port.Id].Concat(_classifiers[""]))
        {
            var accepts = item.LogicalDestinationPort == port.Id || (item.LogicalDestinationPort.Length == 0 && item.LogicalSourcePort.Length == 0);
            var opens = item.LogicalSourcePort == port.Id && item.LogicalDestinationPort.Length == 0;
            if (!accepts && !opens) continue;
            // The own side can be decided here, for all of the port's addresses; inspecting too much is the safe side.
            var (ownPrefix, ownSet) = accepts ? (item.DestinationPrefix, item.DestinationAddressSet) : (item.SourcePrefix, item.SourceAddressSet);
            if (!Covers(port, item.Ethertype, ownPrefix, ownSet)) continue;
            var remote = accepts
                ? item.LogicalSourcePort.Length > 0 ? PortName(port, item.LogicalSourcePort) : Name(port, item.Ethertype, item.SourcePrefix, item.SourceAddressSet)
                : item.DestinationDomainName.Length > 0 ? Domain(port, item.DestinationDomainName, isEgress: true)
                : Name(port, item.Ethertype, item.DestinationPrefix, item.DestinationAddressSet);
            var source = PortRange.From(item.Ethertype, item.Protocol, item.SourcePortMin, item.SourcePortMax);
            if (item.Ethertype is not (4 or 6)) Close(port, $"classifier {item.Id}: ethertype {item.Ethertype} is neither 4 nor 6");
            if (item.PolicyTag is 0 or > 4094) Close(port, $"classifier {item.Id}: policy tag {item.PolicyTag} is not in 1..4094");
            classifiers.Add(new(accepts ? Ingress : Egress, (byte)item.Ethertype,
                PortRange.From(item.Ethertype, item.Protocol, item.DestinationPortMin, item.DestinationPortMax),
                source.Min, source.Max, remote, item.ChainId, Judge.Of(item.PolicyTag, item.Shadow, _policies.GetValueOrDefault(item.PolicyTag)), item.Id));
        }
        return [.. classifiers.OrderBy(item => item.Judge).ThenBy(item => item.Id, StringComparer.Ordinal).ThenBy(item => item.ToString(), StringComparer.Ordinal)];
    }

    private bool Covers(Port port, uint family, string prefix, string set)
    {
        if (prefix.Length == 0 && set.Length == 0) return true;
        if (Name(port, family, prefix, set) is not { } name) return true;
        var around = set.Length > 0 ? _sets.GetValueOrDefault(set)?.Prefixes.ToArray() ?? [] : [prefix];
        return port.Addresses.Any(address => Prefix.TryParse(address, out var own) && own.IsIpv4 == (family == 4)
            && around.Any(text => Prefix.TryParse(text, out var wide) && wide.IsIpv4 == own.IsIpv4 && wide.Length <= own.Length && own.Shortened(wide.Length) == wide));
    }

    // Null: anybody.
    private static string? NameOf(uint family, string prefix, string set, out Spoken spoken)
    {
        spoken = new(prefix.Length > 0 ? "" : set, prefix);
        if (prefix.Length > 0) return Prefix.TryParse(prefix, out var parsed) && parsed == (family == 4 ? Prefix.AnyIpv4 : default) ? null : "prefix " + prefix;
        return set.Length == 0 ? null : "set " + set;
    }

    private string? Name(Port port, uint family, string prefix, string set)
    {
        var name = NameOf(family, prefix, set, out var spoken);
        if (name is not null) Enter(port, spoken);
        return name;
    }

    // A name's members are entered when it is first spoken of.
    private void Enter(Port port, Spoken spoken)
    {
        var name = spoken.Prefix.Length > 0 ? "prefix " + spoken.Prefix : "set " + spoken.Set;
        if (_named.Add(name))
        {
            if (spoken.Prefix.Length > 0)
            {
                if (Prefix.TryParse(spoken.Prefix, out var parsed)) _membership.Add(parsed, name);
                else _badNames[name] = $"\"{spoken.Prefix}\" is no CIDR";
            }
            else if (_sets.TryGetValue(spoken.Set, out var set))
            {
                var known = _memory.Of(set);
                foreach (var member in known.Members) _membership.Add(member, name);
                if (known.Wrong is { } badMember) _badNames[name] = badMember;
            }
            else
            {
                _badNames[name] = $"address set {spoken.Set} is not in the state";
            }
        }
        if (_badNames.TryGetValue(name, out var wrong)) Close(port, wrong);
    }

    private string Domain(Port port, string text, bool isEgress)
    {
        if (Wrong(text, isEgress, out var pattern) is { } wrong) Close(port, wrong);
        else Learns(port, pattern);
        return DomainName(pattern);
    }

    private static string? Wrong(string text, bool isEgress, out NamePattern pattern) =>
        !NamePattern.TryParse(text, out pattern) ? $"\"{text}\" is no domain name"
        : isEgress ? null : $"domain name {text}: only peers that a pod opens flows to have names";

    private void Learns(Port port, NamePattern pattern)
    {
        if (!_patterns.TryGetValue(port.Id, out var patterns)) _patterns[port.Id] = patterns = [];
        patterns.Add(pattern);
    }

    private string PortName(Port port, string other)
    {
        var name = "port " + other;
        if (!_ports.TryGetValue(other, out var source)) Close(port, $"logical source port {other} is not on this node");
        else if (_named.Add(name))
            foreach (var address in source.Addresses)
                if (Prefix.TryParse(address, out var member)) _membership.Add(member, name);
        return name;
    }

    private void CompileAddresses(List<(Port Port, int Interface)> ready)
    {
        Dictionary<(uint, Prefix), AddressRow> local = [];
        foreach (var (port, index) in ready.Where(port => port.Port.Kind == Port.Types.Kind.Pod).OrderBy(port => port.Port.Id, StringComparer.Ordinal))
            foreach (var text in port.Addresses)
            {
                AddressRow row = new() { Interface = (uint)index, Flags = port.Apart ? AddressRow.Straight : (byte)0 };
                Mac(port).CopyTo(row.Mac);
                if (!Prefix.TryParse(text, out var address) || !address.IsHost)
                {
                    Close(port, $"\"{text}\" is no address");
                    continue;
                }
                if (!local.TryAdd((port.Network, address), row)) Close(port, $"{text} belongs to another port of network {port.Network}");
                var router = address.IsIpv4 ? port.RouterIpv4 : port.RouterIpv6;
                if (router != 0 && !local.TryAdd((router, address), row with { Flags = AddressRow.Straight })) Close(port, $"{text} belongs to another port behind router {router}");
            }
        foreach (var network in ready.SelectMany(port => (uint[])[port.Port.Network, port.Port.RouterIpv4, port.Port.RouterIpv6]).Where(network => network != 0).Distinct())
            foreach (var prefix in _membership.Prefixes.Append(Prefix.AnyIpv4))      // so that no IPv4 address is taken for a member of ::/0
            {
                if (prefix.IsHost) local.TryAdd((network, prefix), default);
                else _plan.Prefixes.Set(new PrefixKey { Length = (uint)(32 + prefix.Length), Network = network, Address = prefix.ToAddress() }, Remember(prefix));
            }
        foreach (var ((network, address), row) in local)
            _plan.Addresses.Set(new AddressKey { Network = network, Address = address.ToAddress() }, row with { Identity = Remember(address) });
    }

    private ulong Remember(Prefix prefix)
    {
        var identity = _membership.Of(prefix);
        if (identity.Id != 0) _plan.Identities[identity.Id] = identity;
        return identity.Id;
    }

    private void CheckFits(Port port, Subject<Rule> rules, Subject<Classifier> classes)
    {
        if (Misfit(rules, static (subject, identities) => Pages.AddRules(new(), subject, identities)) is { } tooManyRules) Close(port, tooManyRules);
        else if (Misfit(classes, static (subject, identities) => Pages.AddClasses(new(), subject, identities, static _ => CombinationTags.Nobody)) is { } tooManyClasses)
            Close(port, tooManyClasses);
        else
        {
            if (rules.Id != 0) _plan.RuleSubjects[rules.Id] = rules;
            if (classes.Id != 0) _plan.ClassSubjects[classes.Id] = classes;
        }
    }

    // Asked once for all ports that say the same.
    private string? Misfit<T>(Subject<T> subject, Action<Subject<T>, IEnumerable<Identity>> layOut) where T : IAboutPeers
    {
        if (_fitting.TryGetValue(subject, out var known)) return known;
        try
        {
            layOut(subject, _plan.Identities.Values);
            return _fitting[subject] = null;
        }
        catch (TooManyException error)
        {
            return _fitting[subject] = error.Message;
        }
    }

    private ReadOnlySpan<byte> Mac(Port port)
    {
        if (PhysicalAddress.TryParse(port.Mac, out var mac) && mac.GetAddressBytes() is { Length: 6 } bytes) return bytes;
        Close(port, $"\"{port.Mac}\" is no MAC address");
        return new byte[6];
    }

    private void Close(Port port, string reason) => _plan.Errors.TryAdd(port.Id, reason);
}
