using System.Text.Json.Nodes;

namespace Demilune.Sdn.Api;

/// <summary>What is announced at /v2.0/extensions: exactly what is served.</summary>
internal static class Extensions
{
    private static readonly (string Alias, string Name, string Description)[] All =
    [
        ("address-group", "Address group", "Support address group"),
        ("address-scope", "Address scope", "Address scopes extension"),
        ("allowed-address-pairs", "Allowed Address Pairs", "Provides allowed address pairs"),
        ("availability_zone", "Availability Zone", "There are none"),
        ("binding", "Port Binding", "Expose port bindings of a virtual port to external application"),
        ("default-subnetpools", "Default Subnetpools", "Provides ability to mark and use a subnetpool as the default"),
        ("demilune-classifier-address-group", "Flow classifier address groups", "Address groups as source or destination of a flow classifier"),
        ("demilune-classifier-policy", "Flow classifier security policy", "security_policy_tag in l7_parameters: which policy judges the flows, with all others that do; security_policy_shadow: it only tells what it would have done"),
        ("demilune-domain-names", "Domain names as peers", "remote_domain_name of security group rules, destination_domain_name of flow classifiers: whoever the port is told has the name"),
        ("demilune-security-group-rule-tier", "Security group rule tiers", "action, tier and order of security group rules: denials, and who speaks first"),
        ("empty-string-filtering", "Empty String Filtering Extension", "Allow filtering by attributes with empty string value"),
        ("ext-gw-mode", "Neutron L3 Configurable external gateway mode", "Extension of the router abstraction for specifying whether SNAT should occur on the external gateway"),
        ("external-net", "Neutron external network", "Adds external network attribute to network resource"),
        ("extra_dhcp_opt", "Neutron Extra DHCP options", "Stored with the port"),
        ("extraroute", "Neutron Extra Route", "Extra routes configuration for L3 router"),
        ("extraroute-atomic", "Atomically add/remove extra routes", "Edit extra routes of a router on server side by atomically adding/removing extra routes"),
        ("fip-port-details", "Floating IP Port Details Extension", "Add port_details attribute to Floating IP resource"),
        ("floatingip-pools", "Floating IP Pools Extension", "Provides a floating IP pools API"),
        ("flow_classifier", "Networking-sfc Flow Classifier", "Networking-sfc Flow Classifier Resource"),
        ("ip-substring-filtering", "IP address substring filtering", "Provides IP address substring filtering when listing ports"),
        ("net-mtu", "Network MTU", "Provides MTU attribute for a network resource"),
        ("net-mtu-writable", "Network MTU (writable)", "Provides a writable MTU attribute for a network resource"),
        ("network-ip-availability", "Network IP Availability", "Provides IP availability data for each network and subnet"),
        ("network_availability_zone", "Network Availability Zone", "Availability zone support for network"),
        ("networking-sfc-tap", "Networking-sfc Tap", "tap_enabled of port pair groups"),
        ("pagination", "Pagination support", "Extension that indicates that pagination is enabled"),
        ("port-mac-address-regenerate", "Neutron Port MAC address regenerate", "Network port MAC address regenerate"),
        ("port-security", "Port Security", "Provides port security"),
        ("port-security-groups-filtering", "Port filtering on security groups", "Provides security groups filtering when listing ports"),
        ("project-id", "project_id field enabled", "Extension that indicates that project_id field is enabled"),
        ("provider", "Provider Network", "provider:segmentation_id is the network's number in the datapath"),
        ("qos", "Quality of Service", "The Quality of Service extension"),
        ("qos-bw-limit-direction", "Direction for QoS bandwidth limit rule", "Allow to configure QoS bandwidth limit rule with specific direction: ingress or egress"),
        ("qos-bw-minimum-ingress", "Ingress direction for QoS minimum bandwidth rule", "Allow to configure QoS minumum bandwidth rule with ingress direction"),
        ("qos-default", "QoS default policy", "Expose the QoS default policy per project"),
        ("qos-fip", "Floating IP QoS", "The floating IP Quality of Service extension; kept, not enforced"),
        ("qos-gateway-ip", "Gateway IP QoS", "The gateway IP Quality of Service extension; kept, not enforced"),
        ("qos-port-network-policy", "QoS Port Network Policy", "Present the QoS network policy ID in the port"),
        ("qos-pps", "QoS packet rate limit rule", "Packet rate limit rules of QoS policies"),
        ("qos-pps-minimum", "QoS minimum packet rate rule", "Minimum packet rate rules of QoS policies"),
        ("qos-pps-minimum-rule-alias", "Ability to show, delete, and update QoS minimum packet rate rules without parent policy ID", "Minimum packet rate rules by their own id"),
        ("qos-rule-type-details", "Details of QoS rule types", "Expose details about QoS rule types supported by loaded backend drivers"),
        ("qos-rules-alias", "Ability to show, delete, and update QoS rules without parent policy ID", "API to enable GET, PUT and DELETE operations on QoS rules without specifying policy ID"),
        ("quota-check-limit", "Quota engine limit check", "Support for checking the resource usage before applying a new quota limit"),
        ("quota_details", "Quota details management support", "Expose functions for quotas usage statistics per project"),
        ("quotas", "Quota management support", "Expose functions for quotas management per project"),
        ("rbac-address-group", "Add address_group type to RBAC", "Add address_group type to network RBAC"),
        ("rbac-address-scope", "Address scope RBAC", "Add address_scope type to RBAC"),
        ("rbac-policies", "RBAC Policies", "Allows creation and modification of policies that control tenant access to resources"),
        ("rbac-security-groups", "Add security_group type to network RBAC", "Add security_group type to network RBAC"),
        ("rbac-subnetpool", "Add subnetpool type to RBAC", "Add subnetpool type to RBAC"),
        ("revision-if-match", "If-Match constraints based on revision_number", "Extension indicating that If-Match based on revision_number is supported"),
        ("router", "Neutron L3 Router", "Router abstraction for basic L3 forwarding between L2 Neutron networks and access to external networks via a NAT gateway"),
        ("router_availability_zone", "Router Availability Zone", "Availability zone support for router"),
        ("security-group", "security-group", "The security groups extension"),
        ("security-groups-normalized-cidr", "Normalized CIDR field for security group rules", "normalized_cidr of security group rules"),
        ("security-groups-remote-address-group", "Remote address group id field for security group rules", "remote_address_group_id of security group rules"),
        ("security-groups-shared-filtering", "Security group filtering on the shared field", "Support filtering security groups on the shared field"),
        ("service_graph", "Service Graph", "Service graphs of networking-sfc"),
        ("sfc", "Service Function Chaining", "Service Function Chain extension"),
        ("sorting", "Sorting support", "Extension that indicates that sorting is enabled"),
        ("standard-attr-description", "standard-attr-description", "Extension to add descriptions to standard attributes"),
        ("standard-attr-revisions", "Resource revision numbers", "This extension will display the revision number of neutron resources"),
        ("standard-attr-tag", "Tag support for resources with standard attribute", "Enables to set tag on resources with standard attribute"),
        ("standard-attr-timestamp", "Resource timestamps", "Adds created_at and updated_at fields to all Neutron resources that have Neutron standard attributes"),
        ("stateful-security-group", "Stateful security group", "Indicates if the security group is stateful or not"),
        ("subnet-service-types", "Subnet service types", "Provides ability to set the subnet service_types field"),
        ("subnet_allocation", "Subnet Allocation", "Enables allocation of subnets from a subnet pool"),
        ("subnetpool-prefix-ops", "Subnet Pool Prefix Operations", "Provides support for adjusting the prefix list of subnet pools"),
        ("tag-ports-during-bulk-creation", "Tag Ports During Bulk Creation", "Allow to tag ports during bulk creation"),
        ("trunk", "Trunk Extension", "Provides support for trunk ports"),
        ("trunk-details", "Trunk port details", "Expose trunk port details"),
    ];

    public static ApiAnswer Answer(string[] rest) => rest switch
    {
        [] => new(200, new JsonObject { ["extensions"] = new JsonArray([.. All.Select(View)]) }),
        [var alias] when Array.Find(All, extension => extension.Alias == alias) is { Alias: not null } found =>
            new(200, new JsonObject { ["extension"] = View(found) }),
        [var alias] => ApiAnswer.Of(new(404, "HTTPNotFound", $"Extension with alias {alias} does not exist")),
        _ => ApiAnswer.Of(Fault.NoSuchPath),
    };

    private static JsonObject View((string Alias, string Name, string Description) extension) => new()
    {
        ["alias"] = extension.Alias, ["name"] = extension.Name, ["description"] = extension.Description,
        ["updated"] = "2026-01-01T00:00:00-00:00", ["links"] = new JsonArray(),
    };
}
