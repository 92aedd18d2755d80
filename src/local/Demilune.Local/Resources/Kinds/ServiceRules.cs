using System.Net;
using System.Text.Json.Nodes;
using Demilune.Local.Api;
using Demilune.Local.Storage;

namespace Demilune.Local.Resources.Kinds;

/// <summary>Services: cluster addresses from one range, ports, and what may not change.</summary>
internal sealed class ServiceRules : KindRules
{
    /// <summary>10.96.0.0/16, the range kubeadm uses. The first address belongs to the API server.</summary>
    public const uint FirstAddress = 0x0A600000;

    public const int Addresses = 1 << 16;

    public override string? InvalidName(string name) => Names.InvalidRfc1035Label(name);

    public override void Default(JsonObject next, JsonObject? current, Snapshot cluster)
    {
        if (next["spec"] is not JsonObject spec) return;
        spec["type"] ??= "ClusterIP";
        spec["sessionAffinity"] ??= "None";
        foreach (var port in spec.Items("ports").OfType<JsonObject>())
        {
            port["protocol"] ??= "TCP";
            port["targetPort"] ??= port["port"]?.DeepClone();
        }
        next["status"] ??= new JsonObject { ["loadBalancer"] = new JsonObject() };
        if (spec.Text("type") is "ExternalName") return;
        spec["internalTrafficPolicy"] ??= "Cluster";
        if (current.Text("spec", "clusterIP") is { Length: > 0 } kept && spec.Text("clusterIP") is null or "") spec["clusterIP"] = kept;
        if (spec.Text("clusterIP") is null or "") spec["clusterIP"] = Free(next, cluster);
        spec["clusterIPs"] = new JsonArray(spec.Text("clusterIP"));
        spec["ipFamilies"] ??= new JsonArray("IPv4");
        spec["ipFamilyPolicy"] ??= "SingleStack";
    }

    public override void Validate(JsonObject next, JsonObject? current, Causes causes)
    {
        if (next["spec"] is not JsonObject spec)
        {
            causes.Required("spec.ports");
            return;
        }
        var type = spec.Text("type");
        if (type is not ("ClusterIP" or "NodePort" or "LoadBalancer" or "ExternalName")) causes.NotSupported("spec.type", type, ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]);
        var ports = spec.Items("ports").OfType<JsonObject>().ToArray();
        if (ports.Length is 0 && type is not "ExternalName" && spec.Text("clusterIP") is not "None") causes.Required("spec.ports");
        var names = new HashSet<string>(StringComparer.Ordinal);
        var numbers = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < ports.Length; i++)
        {
            var (port, at) = (ports[i], $"spec.ports[{i}]");
            if (port.Number("port") is not { } number) causes.Required($"{at}.port");
            else if (Names.InvalidPortNumber(number) is { } wrong) causes.Invalid($"{at}.port", number, wrong);
            var name = port.Text("name") ?? "";
            if (name.Length is 0 && ports.Length > 1) causes.Required($"{at}.name");
            else if (name.Length > 0 && Names.InvalidLabelName(name) is { } wrongName) causes.Invalid($"{at}.name", name, wrongName);
            else if (!names.Add(name)) causes.Duplicate($"{at}.name", name);
            if (!numbers.Add($"{port.Text("protocol")}:{port.Number("port")}")) causes.Duplicate(at, port.DeepClone());
            Protocols.Validate(port.Text("protocol"), $"{at}.protocol", causes);
            if (port["targetPort"] is JsonValue target && (target.TryGetValue(out string? text) ? Names.InvalidPortName(text) : Names.InvalidPortNumber(target.Number() ?? 0)) is { } wrongTarget)
                causes.Invalid($"{at}.targetPort", target.DeepClone(), wrongTarget);
        }
        if (spec.Text("clusterIP") is { Length: > 0 } ip and not "None" && !IPAddress.TryParse(ip, out _))
            causes.Invalid("spec.clusterIP", ip, "must be a valid IP address");
        if (current.Text("spec", "clusterIP") is { Length: > 0 } before && type is not "ExternalName" && spec.Text("clusterIP") != before)
            causes.Invalid("spec.clusterIPs[0]", spec.Text("clusterIP"), "may not change once set");
    }

    /// <summary>The next free address, starting where the object's name hashes to: a service deleted and made again tends to keep it.</summary>
    private static string Free(JsonObject service, Snapshot cluster)
    {
        var taken = cluster.All("services").Values.Select(other => other.Root.Text("spec", "clusterIP")).ToHashSet(StringComparer.Ordinal);
        var hash = 2166136261u;     // FNV-1a: stable between runs, unlike string.GetHashCode
        foreach (var c in $"{service.Text("metadata", "namespace")}/{service.Text("metadata", "name")}") hash = (hash ^ c) * 16777619;
        for (uint step = 0; step < Addresses; step++)
        {
            var offset = (hash + step) % Addresses;
            if (offset is 0 or 1 or Addresses - 1) continue;
            var address = FirstAddress + offset;
            var text = $"{address >> 24}.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}";
            if (!taken.Contains(text)) return text;
        }
        throw new StatusException(500, "InternalError", "failed to allocate a serviceIP: range 10.96.0.0/16 is full");
    }
}
