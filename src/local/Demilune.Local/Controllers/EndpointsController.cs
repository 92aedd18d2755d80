using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Demilune.Local.Api;
using Demilune.Local.Resources;
using Demilune.Local.Selectors;
using Demilune.Local.Storage;

namespace Demilune.Local.Controllers;

/// <summary>Keeps Endpoints and an EndpointSlice per service with a selector: the addresses of its pods, ready and not.</summary>
internal sealed class EndpointsController(ObjectStore store, ObjectWriter writer, Catalog catalog, TimeProvider time, ILogger<EndpointsController> log) : ControllerLoop(store, time, log)
{
    private static readonly WriteOptions Write = new() { FieldManager = "kube-controller-manager" };

    protected override IReadOnlySet<string> Watched { get; } = new HashSet<string> { "services", "pods", "endpoints", "endpointslices.discovery.k8s.io" };

    protected override TimeSpan? Reconcile(Snapshot cluster)
    {
        foreach (var service in cluster.All("services").Values)
        {
            if (service.IsTerminating || service.Root.At("spec", "selector") is null) continue;
            var pods = Selected(service, cluster).ToArray();
            Ensure(catalog.Current.FindKind("", "Endpoints")!, service.Name.Name, Endpoints(service, pods), service);
            Ensure(catalog.Current.FindKind("discovery.k8s.io", "EndpointSlice")!, service.Name.Name + "-ipv4", Slice(service, pods), service);
        }
        return null;
    }

    private static IEnumerable<StoredObject> Selected(StoredObject service, Snapshot cluster)
    {
        var selector = JsonElement.Parse(JsonText.Text(new JsonObject { ["matchLabels"] = JsonNode.Parse(service.Root.At("spec", "selector")!.Value.GetRawText()) }));
        return cluster.In("pods", service.Name.Namespace).Where(pod =>
            LabelSelector.Selects(selector, pod.Root) && pod.Root.Text("status", "phase") is not ("Succeeded" or "Failed") && Address(pod) is not null);
    }

    private static string? Address(StoredObject pod) =>
        pod.Root.Items("status", "podIPs").Select(ip => ip.Text("ip")).Append(pod.Root.Text("status", "podIP")).FirstOrDefault(ip => ip is not null && !ip.Contains(':'));

    private static bool IsReady(StoredObject pod) =>
        !pod.IsTerminating && pod.Root.Items("status", "conditions").Any(c => c.Text("type") is "Ready" && c.Text("status") is "True");

    /// <summary>Pods are grouped by where their ports lead: a named target port may be another number in each.</summary>
    private static JsonObject Endpoints(StoredObject service, StoredObject[] pods)
    {
        var publishAll = service.Root.IsTrue("spec", "publishNotReadyAddresses");
        var subsets = new JsonArray();
        foreach (var group in pods.GroupBy(pod => JsonText.Text(Ports(service, pod))).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            var subset = new JsonObject();
            foreach (var (field, members) in ((string, IEnumerable<StoredObject>)[])[("addresses", group.Where(pod => publishAll || IsReady(pod))), ("notReadyAddresses", group.Where(pod => !publishAll && !IsReady(pod)))])
                if (members.ToArray() is { Length: > 0 } found)
                    subset[field] = new JsonArray([.. found.Select(pod => new JsonObject { ["ip"] = Address(pod), ["nodeName"] = pod.Root.Text("spec", "nodeName"), ["targetRef"] = Target(pod) })]);
            subset["ports"] = JsonNode.Parse(group.Key);
            subsets.Add(subset);
        }
        return new JsonObject { ["subsets"] = subsets };
    }

    private static JsonObject Slice(StoredObject service, StoredObject[] pods) => new()
    {
        ["addressType"] = "IPv4",
        ["endpoints"] = new JsonArray([.. pods.Select(pod => new JsonObject
        {
            ["addresses"] = new JsonArray(Address(pod)), ["nodeName"] = pod.Root.Text("spec", "nodeName"), ["targetRef"] = Target(pod),
            ["conditions"] = new JsonObject { ["ready"] = IsReady(pod) || service.Root.IsTrue("spec", "publishNotReadyAddresses"), ["serving"] = IsReady(pod), ["terminating"] = pod.IsTerminating },
        })]),
        ["ports"] = pods.Length > 0 ? Ports(service, pods[0]) : new JsonArray(),
    };

    private static JsonArray Ports(StoredObject service, StoredObject pod)
    {
        var ports = new JsonArray();
        foreach (var port in service.Root.Items("spec", "ports"))
        {
            if (TargetPort(port, pod.Root) is not { } number) continue;
            var entry = new JsonObject { ["port"] = number, ["protocol"] = port.Text("protocol") ?? "TCP" };
            if (port.Text("name") is { } name) entry["name"] = name;
            ports.Add(entry);
        }
        return ports;
    }

    internal static long? TargetPort(JsonElement port, JsonElement pod)
    {
        if (port.Number("targetPort") is { } number) return number;
        if (port.Text("targetPort") is not { } name) return port.Number("port");
        if (long.TryParse(name, CultureInfo.InvariantCulture, out var parsed)) return parsed;
        return pod.Items("spec", "containers").SelectMany(container => container.Items("ports"))
            .Where(candidate => candidate.Text("name") == name && (candidate.Text("protocol") ?? "TCP") == (port.Text("protocol") ?? "TCP")).Select(candidate => candidate.Number("containerPort")).FirstOrDefault();
    }

    private static JsonObject Target(StoredObject pod) => new() { ["kind"] = "Pod", ["name"] = pod.Name.Name, ["namespace"] = pod.Name.Namespace, ["uid"] = pod.Uid };

    private void Ensure(ResourceType type, string name, JsonObject desired, StoredObject service)
    {
        desired["metadata"] = new JsonObject
        {
            ["name"] = name,
            ["labels"] = new JsonObject { ["kubernetes.io/service-name"] = service.Name.Name, ["endpointslice.kubernetes.io/managed-by"] = "endpointslice-controller.k8s.io" },
            ["ownerReferences"] = new JsonArray(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Service", ["name"] = service.Name.Name, ["uid"] = service.Uid, ["controller"] = true, ["blockOwnerDeletion"] = true }),
        };
        try
        {
            var at = new ObjectName(service.Name.Namespace, name);
            if (Store.Current.Find(type.Storage, at) is null) writer.Create(type, at.Namespace, desired, Write);
            else writer.Update(type, at, current => Patches.MergePatch.Apply(current, desired)!.AsObject(), Write);
        }
        catch (StatusException e) when (e.Code is 403 or 404 or 409)
        {
            // The service or its namespace is going.
        }
    }
}
