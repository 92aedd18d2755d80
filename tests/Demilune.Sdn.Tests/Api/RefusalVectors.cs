namespace Demilune.Sdn.Tests.Api;

/// <summary>Requests that a real Neutron refuses, with the status and type it gives (docs/neutron.md: where ours differs on purpose).</summary>
public sealed class RefusalVectors
{
    /// <summary>What | method and path | body | status and type.</summary>
    private const string General = """
        unknown attribute | POST networks | {"network":{"bogus":1}} | 400 HTTPBadRequest
        missing attribute | POST sfc/port_pairs | {"port_pair":{"ingress":"$in"}} | 400 HTTPBadRequest
        bad uuid | POST sfc/port_pairs | {"port_pair":{"ingress":"nope","egress":"$out"}} | 400 HTTPBadRequest
        read-only in POST | POST networks | {"network":{"status":"ACTIVE"}} | 400 HTTPBadRequest
        read-only in PUT | PUT ports/$web | {"port":{"network_id":"$net"}} | 400 HTTPBadRequest
        no JSON | POST networks | {"network": | 400 HTTPBadRequest
        a member twice | POST networks | {"network":{"name":"a","name":"b"}} | 400 HTTPBadRequest
        too deep | POST networks | {"network":{"name":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}} | 400 HTTPBadRequest
        empty body | POST networks |  | 400 HTTPBadRequest
        no object | POST networks | [] | 400 HTTPBadRequest
        wrong member | POST networks | {"port":{}} | 400 HTTPBadRequest
        member of wrong kind | POST networks | {"network":[]} | 400 HTTPBadRequest
        not boolean | POST networks | {"network":{"admin_state_up":"maybe"}} | 400 InvalidInput
        not a string | POST networks | {"network":{"name":5}} | 400 HTTPBadRequest
        two owners | POST networks | {"network":{"project_id":"a","tenant_id":"b"}} | 400 HTTPBadRequest
        owner of wrong kind | POST networks | {"network":{"project_id":7}} | 400 HTTPBadRequest
        PATCH | PATCH networks/$net | {"network":{"name":"x"}} | 405 HTTPMethodNotAllowed
        DELETE of all | DELETE networks |  | 404 NetworkNotFound
        no such path | GET nothing |  | 404 HTTPNotFound
        no such sfc path | GET sfc |  | 404 HTTPNotFound
        no such subresource | GET networks/$net/colour |  | 404 HTTPNotFound
        no such extension | GET extensions/bgp |  | 404 HTTPNotFound
        bulk where there is none | POST sfc/port_pairs | {"port_pairs":[{}]} | 400 HTTPBadRequest
        bulk of nothing | POST networks | {"networks":[]} | 400 HTTPBadRequest
        bulk of no objects | POST networks | {"networks":[1]} | 400 HTTPBadRequest
        bad limit | GET networks?limit=-1 |  | 400 BadRequest
        bad sort key | GET networks?sort_key=nope |  | 400 HTTPBadRequest
        unknown marker | GET networks?limit=1&marker=$absent |  | 404 NetworkNotFound
        network not found | GET networks/$absent |  | 404 NetworkNotFound
        subnet not found | GET subnets/$absent |  | 404 SubnetNotFound
        port not found | GET ports/$absent |  | 404 PortNotFound
        group not found | GET security-groups/$absent |  | 404 SecurityGroupNotFound
        rule not found | GET security-group-rules/$absent |  | 404 SecurityGroupRuleNotFound
        address group not found | GET address-groups/$absent |  | 404 AddressGroupNotFound
        tag not found | GET networks/$net/tags/none |  | 404 TagNotFound
        tags of sfc | GET sfc/port_chains/$chain/tags |  | 404 HTTPNotFound
        a tag too long | PUT networks/$net/tags | {"tags":["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"]} | 400 InvalidInput
        """;

    private const string Networking = """
        network in use | DELETE networks/$net |  | 409 NetworkInUse
        subnet in use | DELETE subnets/$v4 |  | 409 SubnetInUse
        subnet overlaps | POST subnets | {"subnet":{"network_id":"$net","ip_version":4,"cidr":"10.9.0.128/25"}} | 400 InvalidInput
        subnet of the wrong family | POST subnets | {"subnet":{"network_id":"$net","ip_version":6,"cidr":"10.8.0.0/24"}} | 400 InvalidInput
        subnet without prefix | POST subnets | {"subnet":{"network_id":"$net","ip_version":4}} | 400 BadRequest
        subnet of no network | POST subnets | {"subnet":{"network_id":"$absent","ip_version":4,"cidr":"10.8.0.0/24"}} | 404 NetworkNotFound
        pool outside | POST subnets | {"subnet":{"network_id":"$net","ip_version":4,"cidr":"10.8.0.0/24","allocation_pools":[{"start":"10.8.0.2","end":"10.8.1.9"}]}} | 400 OutOfBoundsAllocationPool
        pool upside down | POST subnets | {"subnet":{"network_id":"$net","ip_version":4,"cidr":"10.8.0.0/24","allocation_pools":[{"start":"10.8.0.9","end":"10.8.0.2"}]}} | 400 InvalidAllocationPool
        pools overlap | POST subnets | {"subnet":{"network_id":"$net","ip_version":4,"cidr":"10.8.0.0/24","allocation_pools":[{"start":"10.8.0.2","end":"10.8.0.9"},{"start":"10.8.0.9","end":"10.8.0.12"}]}} | 409 OverlappingAllocationPools
        pool with the gateway | POST subnets | {"subnet":{"network_id":"$net","ip_version":4,"cidr":"10.8.0.0/24","allocation_pools":[{"start":"10.8.0.1","end":"10.8.0.9"}]}} | 409 GatewayConflictWithAllocationPools
        port of no network | POST ports | {"port":{"network_id":"$absent"}} | 404 NetworkNotFound
        address of no subnet | POST ports | {"port":{"network_id":"$net","fixed_ips":[{"ip_address":"10.99.0.1"}]}} | 400 InvalidIpForNetwork
        address of another subnet | POST ports | {"port":{"network_id":"$net","fixed_ips":[{"subnet_id":"$v6","ip_address":"10.9.0.77"}]}} | 400 InvalidIpForSubnet
        broadcast address | POST ports | {"port":{"network_id":"$net","fixed_ips":[{"ip_address":"10.9.0.255"}]}} | 400 InvalidIpForNetwork
        subnet of another network | POST ports | {"port":{"network_id":"$other-net","fixed_ips":[{"subnet_id":"$v4"}]}} | 400 InvalidInput
        address taken | POST ports | {"port":{"network_id":"$net","fixed_ips":[{"ip_address":"10.9.0.2"}]}} | 409 IpAddressAlreadyAllocated
        address asked for twice | POST ports | {"port":{"network_id":"$net","fixed_ips":[{"ip_address":"10.9.0.99"},{"ip_address":"10.9.0.99","subnet_id":"$v4"}]}} | 400 HTTPBadRequest
        address in octal | POST ports | {"port":{"network_id":"$net","fixed_ips":[{"ip_address":"10.9.0.010"}]}} | 400 HTTPBadRequest
        address cut short | POST ports | {"port":{"network_id":"$net","fixed_ips":[{"ip_address":"10.9.77"}]}} | 400 HTTPBadRequest
        bad MAC | POST ports | {"port":{"network_id":"$net","mac_address":"zz:zz:zz:zz:zz:zz"}} | 400 HTTPBadRequest
        groups without port security | POST ports | {"port":{"network_id":"$net","port_security_enabled":false,"security_groups":["$sg"]}} | 400 PortSecurityAndIPRequiredForSecurityGroups
        pairs without port security | POST ports | {"port":{"network_id":"$net","port_security_enabled":false,"allowed_address_pairs":[{"ip_address":"10.0.0.1"}]}} | 409 AddressPairAndPortSecurityRequired
        port security off with groups | PUT ports/$web | {"port":{"port_security_enabled":false}} | 409 PortSecurityPortHasSecurityGroup
        port of no group | POST ports | {"port":{"network_id":"$net","security_groups":["$absent"]}} | 404 SecurityGroupNotFound
        port of a pair | DELETE ports/$in |  | 409 PortInUse
        port of a classifier | DELETE ports/$web |  | 409 PortInUse
        """;

    private const string Security = """
        group in use | DELETE security-groups/$sg-used |  | 409 SecurityGroupInUse
        a second default | POST security-groups | {"security_group":{"name":"default"}} | 409 SecurityGroupDefaultAlreadyExists
        stateful while in use | PUT security-groups/$sg-used | {"security_group":{"stateful":false}} | 409 SecurityGroupInUse
        rule twice | POST security-group-rules | {"security_group_rule":{"security_group_id":"$sg","direction":"ingress","protocol":"6","port_range_min":80,"port_range_max":80,"remote_address_group_id":"$ag-used"}} | 409 SecurityGroupRuleExists
        two remotes | POST security-group-rules | {"security_group_rule":{"security_group_id":"$sg","direction":"ingress","remote_ip_prefix":"10.0.0.0/8","remote_group_id":"$sg"}} | 400 SecurityGroupMultipleRemoteEntites
        rule of no group | POST security-group-rules | {"security_group_rule":{"security_group_id":"$absent","direction":"ingress"}} | 404 SecurityGroupNotFound
        no remote group | POST security-group-rules | {"security_group_rule":{"security_group_id":"$sg","direction":"ingress","remote_group_id":"$absent"}} | 404 SecurityGroupNotFound
        no domain name | POST security-group-rules | {"security_group_rule":{"security_group_id":"$sg","direction":"egress","remote_domain_name":"*"}} | 400 HTTPBadRequest
        name of who comes in | POST security-group-rules | {"security_group_rule":{"security_group_id":"$sg","direction":"ingress","remote_domain_name":"a.test"}} | 400 HTTPBadRequest
        name denied | POST security-group-rules | {"security_group_rule":{"security_group_id":"$sg","direction":"egress","remote_domain_name":"a.test","action":"deny","tier":1}} | 400 HTTPBadRequest
        name and prefix | POST security-group-rules | {"security_group_rule":{"security_group_id":"$sg","direction":"egress","remote_domain_name":"a.test","remote_ip_prefix":"10.0.0.0/8"}} | 400 HTTPBadRequest
        no remote address group | POST security-group-rules | {"security_group_rule":{"security_group_id":"$sg","direction":"ingress","remote_address_group_id":"$absent"}} | 404 AddressGroupNotFound
        sideways | POST security-group-rules | {"security_group_rule":{"security_group_id":"$sg","direction":"sideways"}} | 400 HTTPBadRequest
        ethertype | POST security-group-rules | {"security_group_rule":{"security_group_id":"$sg","direction":"ingress","ethertype":"IPX"}} | 400 SecurityGroupRuleInvalidEtherType
        prefix of the other family | POST security-group-rules | {"security_group_rule":{"security_group_id":"$sg","direction":"ingress","ethertype":"IPv6","remote_ip_prefix":"10.0.0.0/8"}} | 400 SecurityGroupRuleParameterConflict
        ports without protocol | POST security-group-rules | {"security_group_rule":{"security_group_id":"$sg","direction":"ingress","port_range_min":1,"port_range_max":2}} | 400 SecurityGroupProtocolRequiredWithPorts
        ports upside down | POST security-group-rules | {"security_group_rule":{"security_group_id":"$sg","direction":"ingress","protocol":"tcp","port_range_min":3,"port_range_max":2}} | 400 SecurityGroupInvalidPortRange
        half a range | POST security-group-rules | {"security_group_rule":{"security_group_id":"$sg","direction":"ingress","protocol":"tcp","port_range_min":3}} | 400 SecurityGroupInvalidPortRange
        port too large | POST security-group-rules | {"security_group_rule":{"security_group_id":"$sg","direction":"ingress","protocol":"tcp","port_range_min":3,"port_range_max":65536}} | 400 SecurityGroupInvalidPortValue
        protocol of no name | POST security-group-rules | {"security_group_rule":{"security_group_id":"$sg","direction":"ingress","protocol":"chaos"}} | 400 SecurityGroupRuleInvalidProtocol
        protocol too large | POST security-group-rules | {"security_group_rule":{"security_group_id":"$sg","direction":"ingress","protocol":256}} | 400 SecurityGroupRuleInvalidProtocol
        ICMPv6 in IPv4 | POST security-group-rules | {"security_group_rule":{"security_group_id":"$sg","direction":"ingress","protocol":"icmpv6"}} | 400 SecurityGroupEthertypeConflictWithProtocol
        ICMP type | POST security-group-rules | {"security_group_rule":{"security_group_id":"$sg","direction":"ingress","protocol":"icmp","port_range_min":256}} | 400 SecurityGroupInvalidIcmpValue
        ICMP code alone | POST security-group-rules | {"security_group_rule":{"security_group_id":"$sg","direction":"ingress","protocol":"icmp","port_range_max":3}} | 400 SecurityGroupMissingIcmpType
        rule PUT | PUT security-group-rules/$rule | {"security_group_rule":{"description":"x"}} | 405 HTTPMethodNotAllowed
        addresses in PUT | PUT address-groups/$ag | {"address_group":{"addresses":[]}} | 400 HTTPBadRequest
        address there | PUT address-groups/$ag/add_addresses | {"addresses":["10.2.0.1"]} | 400 AddressesAlreadyExist
        address not there | PUT address-groups/$ag/remove_addresses | {"addresses":["10.7.0.1"]} | 404 AddressesNotFound
        no address | PUT address-groups/$ag/add_addresses | {"addresses":["ten"]} | 400 AddrFormatError
        no addresses | PUT address-groups/$ag/add_addresses | {"other":1} | 400 HTTPBadRequest
        addresses of no object | PUT address-groups/$ag/add_addresses | {"address_group":3} | 400 HTTPBadRequest
        address group in use | DELETE address-groups/$ag-used |  | 409 AddressGroupInUse
        """;

    /// <summary>Most observed on a server with networking-sfc.</summary>
    private const string Chaining = """
        pp: no device_id | POST sfc/port_pairs | {"port_pair":{"ingress":"$bare","egress":"$out"}} | 400 PortPairIngressNoHost
        pp: no device_id behind | POST sfc/port_pairs | {"port_pair":{"ingress":"$out","egress":"$bare"}} | 400 PortPairEgressNoHost
        pp: different device_id | POST sfc/port_pairs | {"port_pair":{"ingress":"$in","egress":"$out2"}} | 400 PortPairIngressEgressDifferentHost
        pp: duplicate | POST sfc/port_pairs | {"port_pair":{"ingress":"$in","egress":"$out"}} | 400 PortPairIngressEgressInUse
        pp: unknown port | POST sfc/port_pairs | {"port_pair":{"ingress":"$absent","egress":"$out"}} | 404 PortPairPortNotFound
        pp: correlation vlan | POST sfc/port_pairs | {"port_pair":{"ingress":"$in","egress":"$in","service_function_parameters":{"correlation":"vlan"}}} | 400 HTTPBadRequest
        pp: PUT ingress | PUT sfc/port_pairs/$pp | {"port_pair":{"ingress":"$out"}} | 400 HTTPBadRequest
        pp: in use | DELETE sfc/port_pairs/$pp |  | 409 PortPairInUse
        ppg: pp already in a group | POST sfc/port_pair_groups | {"port_pair_group":{"port_pairs":["$pp"]}} | 409 PortPairInUse
        ppg: no such pp | POST sfc/port_pair_groups | {"port_pair_group":{"port_pairs":["$absent"]}} | 404 PortPairNotFound
        ppg: mixed correlations | PUT sfc/port_pair_groups/$ppg2 | {"port_pair_group":{"port_pairs":["$pp2","$pp-mpls"]}} | 400 InconsistentCorrelations
        ppg: lb_fields vlan | POST sfc/port_pair_groups | {"port_pair_group":{"port_pair_group_parameters":{"lb_fields":["vlan"]}}} | 400 HTTPBadRequest
        ppg: PUT parameters | PUT sfc/port_pair_groups/$ppg | {"port_pair_group":{"port_pair_group_parameters":{}}} | 400 HTTPBadRequest
        ppg: in use | DELETE sfc/port_pair_groups/$ppg |  | 409 PortPairGroupInUse
        fc: no logical port | POST sfc/flow_classifiers | {"flow_classifier":{}} | 400 FlowClassifierBadRequest
        fc: overlap | POST sfc/flow_classifiers | {"flow_classifier":{"logical_destination_port":"$web","protocol":"tcp","destination_port_range_min":80,"source_ip_prefix":"10.9.0.7/32"}} | 400 FlowClassifierInConflict
        fc: ports without protocol | POST sfc/flow_classifiers | {"flow_classifier":{"logical_source_port":"$web","destination_port_range_min":80}} | 400 FlowClassifierProtocolRequiredWithPorts
        fc: protocol 6 | POST sfc/flow_classifiers | {"flow_classifier":{"logical_source_port":"$web","protocol":"6"}} | 400 FlowClassifierInvalidProtocol
        fc: protocol sctp | POST sfc/flow_classifiers | {"flow_classifier":{"logical_source_port":"$web","protocol":"sctp"}} | 400 FlowClassifierInvalidProtocol
        fc: port min > max | POST sfc/flow_classifiers | {"flow_classifier":{"logical_source_port":"$web","protocol":"tcp","destination_port_range_min":90,"destination_port_range_max":80}} | 400 FlowClassifierInvalidPortRange
        fc: IPv6 prefix in IPv4 | POST sfc/flow_classifiers | {"flow_classifier":{"logical_source_port":"$web","source_ip_prefix":"2001:db8::/64"}} | 400 FlowClassifierIpPrefixFormatConflictWithEthertype
        fc: prefix without length | POST sfc/flow_classifiers | {"flow_classifier":{"logical_source_port":"$web","source_ip_prefix":"10.9.0.4"}} | 400 HTTPBadRequest
        fc: l7_parameters url | POST sfc/flow_classifiers | {"flow_classifier":{"logical_source_port":"$web","l7_parameters":{"url":"x"}}} | 400 FlowClassifierInvalidL7Parameter
        fc: tag 0 | POST sfc/flow_classifiers | {"flow_classifier":{"logical_source_port":"$web","l7_parameters":{"security_policy_tag":0}}} | 400 FlowClassifierInvalidL7Parameter
        fc: tag 4095 | POST sfc/flow_classifiers | {"flow_classifier":{"logical_source_port":"$web","l7_parameters":{"security_policy_tag":4095}}} | 400 FlowClassifierInvalidL7Parameter
        fc: tag in words | POST sfc/flow_classifiers | {"flow_classifier":{"logical_source_port":"$web","l7_parameters":{"security_policy_tag":"one"}}} | 400 FlowClassifierInvalidL7Parameter
        fc: prefix and address group | POST sfc/flow_classifiers | {"flow_classifier":{"logical_source_port":"$web","source_ip_prefix":"10.0.0.0/8","source_address_group_id":"$ag"}} | 400 FlowClassifierMultipleAddresses
        fc: no such address group | POST sfc/flow_classifiers | {"flow_classifier":{"logical_source_port":"$web","source_address_group_id":"$absent"}} | 404 AddressGroupNotFound
        fc: ethertype | POST sfc/flow_classifiers | {"flow_classifier":{"logical_source_port":"$web","ethertype":"ARP"}} | 400 FlowClassifierInvalidEthertype
        fc: PUT protocol | PUT sfc/flow_classifiers/$fc | {"flow_classifier":{"protocol":"udp"}} | 400 HTTPBadRequest
        fc: in use | DELETE sfc/flow_classifiers/$fc |  | 409 FlowClassifierInUse
        chain: no ppg | POST sfc/port_chains | {"port_chain":{"port_pair_groups":[]}} | 400 PortPairGroupNotSpecified
        chain: ppg missing | POST sfc/port_chains | {"port_chain":{}} | 400 HTTPBadRequest
        chain: same ppg list | POST sfc/port_chains | {"port_chain":{"port_pair_groups":["$ppg"]}} | 409 InvalidPortPairGroups
        chain: fc in use | POST sfc/port_chains | {"port_chain":{"port_pair_groups":["$ppg2"],"flow_classifiers":["$fc"]}} | 409 FlowClassifierInUse
        chain: no such fc | POST sfc/port_chains | {"port_chain":{"port_pair_groups":["$ppg2"],"flow_classifiers":["$absent"]}} | 404 FlowClassifierNotFound
        chain: no such ppg | POST sfc/port_chains | {"port_chain":{"port_pair_groups":["$absent"]}} | 404 PortPairGroupNotFound
        chain: chain_id taken | POST sfc/port_chains | {"port_chain":{"port_pair_groups":["$ppg2"],"chain_id":1}} | 400 PortChainChainIdInConflict
        chain: correlation vlan | POST sfc/port_chains | {"port_chain":{"port_pair_groups":["$ppg2"],"chain_parameters":{"correlation":"vlan"}}} | 400 HTTPBadRequest
        chain: PUT chain_parameters | PUT sfc/port_chains/$chain | {"port_chain":{"chain_parameters":{}}} | 400 HTTPBadRequest
        chain: PUT empty ppgs | PUT sfc/port_chains/$chain | {"port_chain":{"port_pair_groups":[]}} | 400 PortPairGroupNotSpecified
        chain: not found | DELETE sfc/port_chains/$absent |  | 404 PortChainNotFound
        """;

    public static TheoryData<string, string, string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string, string, string>();
            foreach (var line in string.Join('\n', General, Networking, Security, Chaining).Split('\n'))
            {
                var parts = line.Split(" | ").Select(part => part.Trim()).ToArray();
                cases.Add(parts[0], parts[1], parts[2], parts[3]);
            }
            return cases;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Is_refused_as_neutron_refuses_it_and_changes_nothing(string what, string request, string body, string expected)
    {
        using var world = World.Standard();
        var before = world.Network.State;
        var words = request.Split(' ', 2);
        var answer = world.Send(words[0], words[1], body.Length == 0 ? null : body);
        Assert.True($"{answer.Status} {World.ErrorOf(answer).Type}" == expected, $"{what}: {answer.Status} {answer.Body?.ToJsonString()}");
        Assert.Same(before, world.Network.State);
    }

    [Theory]
    [InlineData("networks", """{"network":{"bogus":1}}""", "Unrecognized attribute(s) 'bogus'")]
    [InlineData("sfc/port_pairs", """{"port_pair":{"ingress":"$in"}}""", "Failed to parse request. Required attribute 'egress' not specified")]
    [InlineData("sfc/port_pairs", """{"port_pair":{"ingress":"nope","egress":"$in"}}""", "Invalid input for ingress. Reason: 'nope' is not a valid UUID.")]
    [InlineData("sfc/flow_classifiers", """{"flow_classifier":{"source_ip_prefix":"10.9.0.4"}}""",
        "Invalid input for source_ip_prefix. Reason: '10.9.0.4' isn't a recognized IP subnet cidr, '10.9.0.4/32' is recommended.")]
    [InlineData("sfc/flow_classifiers", """{"flow_classifier":{"protocol":"sctp"}}""",
        "Flow Classifier does not support protocol sctp. Supported protocol values are ['tcp', 'udp', 'icmp'].")]
    [InlineData("sfc/port_chains", """{"port_chain":{"port_pair_groups":[]}}""", "Port Pair Group is not specified in Port Chain.")]
    [InlineData("security-group-rules", """{"security_group_rule":{"security_group_id":"nope","direction":"ingress"}}""",
        "Security group nope does not exist")]
    public void Says_it_in_neutrons_words(string path, string body, string message)
    {
        using var world = World.Standard();
        Assert.Equal(message, World.ErrorOf(world.Send("POST", path, body)).Message);
    }

    [Fact]
    public void A_tap_group_has_one_pair_and_no_tap_before_it()
    {
        using var world = World.Standard();
        Assert.Equal("MultiplePortPairsInTapPPGNotSupported", World.ErrorOf(world.Send("POST", "sfc/port_pair_groups",
            """{"port_pair_group":{"port_pairs":["$pp-mpls"],"tap_enabled":true}}""") is { Status: 201 }
            ? world.Send("POST", "sfc/port_pair_groups", TwoPairs(world)) : throw new InvalidOperationException()).Type);
        world.Make("tap1", "sfc/port_pair_groups", """{"port_pair_group":{"tap_enabled":true}}""");
        world.Make("tap2", "sfc/port_pair_groups", """{"port_pair_group":{"tap_enabled":true}}""");
        Assert.Equal("ConsecutiveTapPPGNotSupported", World.ErrorOf(
            world.Send("POST", "sfc/port_chains", """{"port_chain":{"port_pair_groups":["$tap1","$tap2"]}}""")).Type);

        static string TwoPairs(World world)
        {
            world.Make("ppa", "sfc/port_pairs", """{"port_pair":{"ingress":"$in","egress":"$in"}}""");
            world.Make("ppb", "sfc/port_pairs", """{"port_pair":{"ingress":"$out","egress":"$out"}}""");
            return """{"port_pair_group":{"port_pairs":["$ppa","$ppb"],"tap_enabled":true}}""";
        }
    }

    [Fact]
    public void Chains_may_not_match_the_same_packets_even_at_different_ports()
    {
        using var world = World.Standard();
        world.Make("elsewhere", "sfc/flow_classifiers", """{"flow_classifier":{"logical_destination_port":"$client","protocol":"tcp","destination_port_range_min":80}}""");
        var answer = world.Send("POST", "sfc/port_chains", """{"port_chain":{"port_pair_groups":["$ppg2"],"flow_classifiers":["$elsewhere"]}}""");
        Assert.Equal((400, "PortChainFlowClassifierInConflict"), (answer.Status, World.ErrorOf(answer).Type));
    }

    [Fact]
    public void Two_policies_may_claim_the_same_packets()
    {
        using var world = World.Standard();
        const string Body = """{"flow_classifier":{"logical_destination_port":"$client","protocol":"tcp","destination_port_range_min":80,"l7_parameters":{"security_policy_tag":TAG}}}""";
        world.Make("one", "sfc/flow_classifiers", Body.Replace("TAG", "1"));
        world.Make("two", "sfc/flow_classifiers", Body.Replace("TAG", "2"));
        Assert.Equal(200, world.Send("PUT", "sfc/port_chains/$chain", """{"port_chain":{"flow_classifiers":["$one","$two"]}}""").Status);
    }

    [Fact]
    public void The_last_address_given_out_is_followed_by_a_refusal()
    {
        using var world = new World();
        world.Make("net", "networks", """{"network":{}}""");
        world.Make("tiny", "subnets", """{"subnet":{"network_id":"$net","ip_version":4,"cidr":"10.0.0.0/29"}}""");
        for (var i = 0; i < 5; i++) world.Make("p" + i, "ports", """{"port":{"network_id":"$net"}}""");
        var answer = world.Send("POST", "ports", """{"port":{"network_id":"$net"}}""");
        Assert.Equal((409, "IpAddressGenerationFailure"), (answer.Status, World.ErrorOf(answer).Type));
        Assert.Equal(204, world.Send("DELETE", "ports/$p2").Status);
        world.Make("again", "ports", """{"port":{"network_id":"$net"}}""");
    }

    [Theory]
    [InlineData("revision_number=999", 412, "RevisionNumberConstraintFailed")]
    [InlineData("revision_number=x", 400, "BadRequest")]
    [InlineData("revision_number=", 400, "BadRequest")]
    public void If_match_keeps_what_the_client_has_not_seen(string match, int status, string type)
    {
        using var world = World.Standard();
        foreach (var answer in (Demilune.Sdn.Api.ApiAnswer[])
            [world.Send("PUT", "networks/$net", """{"network":{"name":"x"}}""", match), world.Send("DELETE", "networks/$other-net", null, match)])
            Assert.Equal((status, type), (answer.Status, World.ErrorOf(answer).Type));
    }

    [Fact]
    public void Another_projects_object_is_not_there()
    {
        using var world = World.Standard();
        var stranger = new Caller("stranger", false);
        Assert.Equal(404, world.Send("GET", "networks/$net", caller: stranger).Status);
        Assert.Equal(404, world.Send("DELETE", "networks/$other-net", caller: stranger).Status);
        Assert.Equal(404, world.Send("POST", "ports", """{"port":{"network_id":"$net"}}""", caller: stranger).Status);
        Assert.Empty(world.Send("GET", "networks", caller: stranger).Body!["networks"]!.AsArray());
        Assert.Equal(400, world.Send("POST", "networks", """{"network":{"project_id":"p"}}""", caller: stranger).Status);
    }
}
