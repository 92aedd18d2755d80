using System.Text.Json;
using System.Text.Json.Nodes;

namespace Demilune.Local.Tables;

/// <summary>The columns of the built-in kinds except pods, named and worded as Kubernetes' own printers do.</summary>
internal static class BuiltinColumns
{
    public static IReadOnlyList<Column> Namespaces { get; } = [Column.At("Status", "status", "phase"), Column.Age];

    public static IReadOnlyList<Column> Nodes { get; } =
    [
        Column.Of("Status", NodeStatus), Column.Of("Roles", NodeRoles), Column.Age, Column.At("Version", "status", "nodeInfo", "kubeletVersion"),
        Column.Of("Internal-IP", node => Address(node, "InternalIP"), priority: 1), Column.Of("External-IP", node => Address(node, "ExternalIP"), priority: 1),
        Column.Of("OS-Image", node => node.Text("status", "nodeInfo", "osImage") ?? "<unknown>", priority: 1),
        Column.Of("Kernel-Version", node => node.Text("status", "nodeInfo", "kernelVersion") ?? "<unknown>", priority: 1),
        Column.Of("Container-Runtime", node => node.Text("status", "nodeInfo", "containerRuntimeVersion") ?? "<unknown>", priority: 1),
    ];

    public static IReadOnlyList<Column> Services { get; } =
    [
        Column.At("Type", "spec", "type"), Column.Of("Cluster-IP", service => service.Text("spec", "clusterIP") ?? "<none>"),
        Column.Of("External-IP", service => service.Text("spec", "externalName") ?? (service.Items("spec", "externalIPs").Any() ? Join(service.Items("spec", "externalIPs")) : "<none>")),
        Column.Of("Port(s)", ServicePorts), Column.Age, Column.Of("Selector", service => Map(service, "spec", "selector"), priority: 1),
    ];

    public static IReadOnlyList<Column> Endpoints { get; } = [Column.Of("Endpoints", EndpointAddresses), Column.Age];

    public static IReadOnlyList<Column> EndpointSlices { get; } =
    [
        Column.At("AddressType", "addressType"), Column.Of("Ports", slice => Limited(slice.Items("ports").Select(port => $"{port.Number("port")}"), "<unset>")),
        Column.Of("Endpoints", slice => Limited(slice.Items("endpoints").SelectMany(e => e.Items("addresses")).Select(a => a.GetString()!), "<unset>")), Column.Age,
    ];

    public static IReadOnlyList<Column> ConfigMaps { get; } =
        [Column.Of("Data", map => Count(map, "data") + Count(map, "binaryData"), "integer"), Column.Age];

    public static IReadOnlyList<Column> Secrets { get; } = [Column.At("Type", "type"), Column.Of("Data", secret => Count(secret, "data"), "integer"), Column.Age];

    public static IReadOnlyList<Column> ServiceAccounts { get; } = [Column.Of("Secrets", account => account.Items("secrets").Count(), "integer"), Column.Age];

    public static IReadOnlyList<Column> Leases { get; } = [Column.At("Holder", "spec", "holderIdentity"), Column.Age];

    public static IReadOnlyList<Column> NetworkPolicies { get; } = [Column.Of("Pod-Selector", policy => Selectors.LabelSelector.Describe(policy.At("spec", "podSelector"))), Column.Age];

    public static IReadOnlyList<Column> CustomResourceDefinitions { get; } = [new("Created At", "date", (crd, _) => crd.Text("metadata", "creationTimestamp"))];

    public static IReadOnlyList<Column> Events { get; } =
    [
        new("Last Seen", "string", (e, now) => LastSeen(e, now)), Column.At("Type", "type"), Column.At("Reason", "reason"),
        Column.Of("Object", e => $"{e.Text("involvedObject", "kind")?.ToLowerInvariant()}/{e.Text("involvedObject", "name")}"),
        Column.Of("Subobject", e => e.Text("involvedObject", "fieldPath") ?? "", priority: 1),
        Column.Of("Source", e => e.Text("source", "component") ?? e.Text("reportingComponent") ?? "", priority: 1),
        Column.Of("Message", e => e.Text("message")?.Trim()),
        new("First Seen", "string", (e, now) => Column.AgeOf(e, now, e.At("firstTimestamp") is null ? "eventTime" : "firstTimestamp"), Priority: 1),
        Column.Of("Count", e => e.Number("series", "count") ?? e.Number("count") ?? 1, "integer", priority: 1), Column.Of("Name", e => e.Text("metadata", "name"), priority: 1),
    ];

    public static IReadOnlyList<Column> Deployments { get; } =
    [
        Column.Of("Ready", d => $"{d.Number("status", "readyReplicas") ?? 0}/{d.Number("spec", "replicas") ?? 1}"), Number("Up-to-date", "updatedReplicas"), Number("Available", "availableReplicas"), Column.Age,
    ];

    public static IReadOnlyList<Column> ReplicaSets { get; } =
        [Column.Of("Desired", r => r.Number("spec", "replicas") ?? 1, "integer"), Number("Current", "replicas"), Number("Ready", "readyReplicas"), Column.Age];

    public static IReadOnlyList<Column> DaemonSets { get; } =
    [
        Number("Desired", "desiredNumberScheduled"), Number("Current", "currentNumberScheduled"), Number("Ready", "numberReady"), Number("Up-to-date", "updatedNumberScheduled"),
        Number("Available", "numberAvailable"), Column.Of("Node Selector", d => Map(d, "spec", "template", "spec", "nodeSelector")), Column.Age,
    ];

    public static IReadOnlyList<Column> Bindings { get; } = [Column.Of("Role", b => $"{b.Text("roleRef", "kind")}/{b.Text("roleRef", "name")}"), Column.Age];

    public static IReadOnlyList<Column> Created { get; } = [new("Created At", "date", (o, _) => o.Text("metadata", "creationTimestamp"))];

    private static Column Number(string name, string field) => Column.Of(name, o => o.Number("status", field) ?? 0, "integer");

    private static string Join(IEnumerable<JsonElement> texts) => string.Join(",", texts.Select(text => text.ToString()));

    private static int Count(JsonElement o, string field) => o.At(field) is { ValueKind: JsonValueKind.Object } map ? map.EnumerateObject().Count() : 0;

    private static string Map(JsonElement o, params ReadOnlySpan<string> path)
    {
        var text = string.Join(",", o.Pairs(path).Select(pair => $"{pair.Key}={pair.Value}"));
        return text.Length is 0 ? "<none>" : text;
    }

    /// <summary>The first three, and how many more.</summary>
    private static string Limited(IEnumerable<string> items, string none)
    {
        var all = items.ToArray();
        return all.Length switch { 0 => none, <= 3 => string.Join(",", all), _ => $"{string.Join(",", all.Take(3))} + {all.Length - 3} more..." };
    }

    private static JsonNode? NodeStatus(JsonElement node)
    {
        var ready = node.Items("status", "conditions").Where(c => c.Text("type") is "Ready").Select(c => c.Text("status") is "True" ? "Ready" : "NotReady").FirstOrDefault("Unknown");
        return node.IsTrue("spec", "unschedulable") ? ready + ",SchedulingDisabled" : ready;
    }

    private static JsonNode? NodeRoles(JsonElement node)
    {
        const string Prefix = "node-role.kubernetes.io/";
        var roles = node.Pairs("metadata", "labels").Where(l => l.Key.StartsWith(Prefix, StringComparison.Ordinal)).Select(l => l.Key[Prefix.Length..]).Order(StringComparer.Ordinal);
        var text = string.Join(",", roles);
        return text.Length is 0 ? "<none>" : text;
    }

    private static JsonNode? Address(JsonElement node, string type) =>
        node.Items("status", "addresses").Where(a => a.Text("type") == type).Select(a => a.Text("address")).FirstOrDefault() ?? "<none>";

    private static JsonNode? ServicePorts(JsonElement service)
    {
        var ports = service.Items("spec", "ports")
            .Select(port => $"{port.Number("port")}{(port.Number("nodePort") is > 0 and var node ? $":{node}" : "")}/{port.Text("protocol") ?? "TCP"}").ToArray();
        return ports.Length is 0 ? "<none>" : string.Join(",", ports);
    }

    private static JsonNode? EndpointAddresses(JsonElement endpoints)
    {
        var all = new List<string>();
        foreach (var subset in endpoints.Items("subsets"))
            foreach (var port in subset.Items("ports").DefaultIfEmpty())
                foreach (var address in subset.Items("addresses"))
                    all.Add(port.ValueKind is JsonValueKind.Undefined ? address.Text("ip") ?? "" : HostPort(address.Text("ip") ?? "", port.Number("port")));
        return Limited(all, "<none>");
    }

    private static string HostPort(string ip, long? port) => ip.Contains(':') ? $"[{ip}]:{port}" : $"{ip}:{port}";

    private static JsonNode? LastSeen(JsonElement e, DateTimeOffset now) =>
        e.At("series", "lastObservedTime") is not null ? Column.AgeOf(e, now, "series", "lastObservedTime")
        : e.At("lastTimestamp") is not null ? Column.AgeOf(e, now, "lastTimestamp")
        : e.At("eventTime") is not null ? Column.AgeOf(e, now, "eventTime") : Column.AgeOf(e, now, "metadata", "creationTimestamp");
}
