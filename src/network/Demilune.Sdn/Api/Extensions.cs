using System.Text.Json.Nodes;

namespace Demilune.Sdn.Api;

/// <summary>What is announced at /v2.0/extensions: exactly what is served.</summary>
internal static class Extensions
{
    private static readonly (string Alias, string Name, string Description)[] All =
    [
        ("address-group", "Address group", "Support address group"),
        ("allowed-address-pairs", "Allowed Address Pairs", "Provides allowed address pairs"),
        ("binding", "Port Binding", "Expose port bindings of a virtual port to external application"),
        ("demilune-classifier-address-group", "Flow classifier address groups", "Address groups as source or destination of a flow classifier"),
        ("demilune-classifier-policy", "Flow classifier security policy", "security_policy_tag in l7_parameters: which policy judges the flows, with all others that do; security_policy_shadow: it only tells what it would have done"),
        ("demilune-domain-names", "Domain names as peers", "remote_domain_name of security group rules, destination_domain_name of flow classifiers: whoever the port is told has the name"),
        ("demilune-security-group-rule-tier", "Security group rule tiers", "action, tier and order of security group rules: denials, and who speaks first"),
        ("extra_dhcp_opt", "Neutron Extra DHCP options", "Stored with the port"),
        ("flow_classifier", "Networking-sfc Flow Classifier", "Networking-sfc Flow Classifier Resource"),
        ("net-mtu", "Network MTU", "Provides MTU attribute for a network resource"),
        ("net-mtu-writable", "Network MTU (writable)", "Provides a writable MTU attribute for a network resource"),
        ("networking-sfc-tap", "Networking-sfc Tap", "tap_enabled of port pair groups"),
        ("pagination", "Pagination support", "Extension that indicates that pagination is enabled"),
        ("port-security", "Port Security", "Provides port security"),
        ("project-id", "project_id field enabled", "Extension that indicates that project_id field is enabled"),
        ("provider", "Provider Network", "provider:segmentation_id is the network's number in the datapath"),
        ("qos", "Quality of Service", "The Quality of Service extension"),
        ("qos-bw-limit-direction", "Direction for QoS bandwidth limit rule", "Allow to configure QoS bandwidth limit rule with specific direction: ingress or egress"),
        ("qos-default", "QoS default policy", "Expose the QoS default policy per project"),
        ("qos-pps", "QoS packet rate limit rule", "Packet rate limit rules of QoS policies"),
        ("qos-pps-minimum", "QoS minimum packet rate rule", "Minimum packet rate rules of QoS policies"),
        ("qos-rule-type-details", "Details of QoS rule types", "Expose details about QoS rule types supported by loaded backend drivers"),
        ("qos-rules-alias", "Ability to show, delete, and update QoS rules without parent policy ID", "API to enable GET, PUT and DELETE operations on QoS rules without specifying policy ID"),
        ("quotas", "Quota management support", "Expose functions for quotas management per project"),
        ("revision-if-match", "If-Match constraints based on revision_number", "Extension indicating that If-Match based on revision_number is supported"),
        ("security-group", "security-group", "The security groups extension"),
        ("security-groups-normalized-cidr", "Normalized CIDR field for security group rules", "normalized_cidr of security group rules"),
        ("security-groups-remote-address-group", "Remote address group id field for security group rules", "remote_address_group_id of security group rules"),
        ("sfc", "Networking-sfc", "Networking-sfc service function chaining"),
        ("sorting", "Sorting support", "Extension that indicates that sorting is enabled"),
        ("standard-attr-description", "standard-attr-description", "Extension to add descriptions to standard attributes"),
        ("standard-attr-revisions", "Resource revision numbers", "This extension will display the revision number of neutron resources"),
        ("standard-attr-tag", "Tag support for resources with standard attribute", "Enables to set tag on resources with standard attribute"),
        ("standard-attr-timestamp", "Resource timestamps", "Adds created_at and updated_at fields to all Neutron resources that have Neutron standard attributes"),
        ("stateful-security-group", "Stateful security group", "Indicates if the security group is stateful or not"),
        ("tag-ports-during-bulk-creation", "Tag Ports During Bulk Creation", "Allow to tag ports during bulk creation"),
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
