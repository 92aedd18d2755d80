using System.Text.Json.Nodes;
using Demilune.Local.Api;
using Demilune.Local.Storage;

namespace Demilune.Local.Resources.Kinds;

/// <summary>Pods: kubelet-facing defaults, what a spec must say, and that it does not change once made.</summary>
internal sealed class PodRules : KindRules
{
    /// <summary>Containers in one pod; a limit on work per object, far above anything real.</summary>
    public const int MaxContainers = 64;

    public override void Default(JsonObject next, JsonObject? current, Snapshot cluster)
    {
        if (next["spec"] is not JsonObject spec) return;
        DefaultSpec(spec);
        if (current is not null) return;
        spec["serviceAccountName"] ??= "default";
        next["status"] = new JsonObject { ["phase"] = "Pending", ["qosClass"] = QosClass(spec) };
    }

    /// <summary>Shared with the pod templates of workloads.</summary>
    public static void DefaultSpec(JsonObject spec)
    {
        spec["restartPolicy"] ??= "Always";
        spec["dnsPolicy"] ??= "ClusterFirst";
        spec["schedulerName"] ??= "default-scheduler";
        spec["terminationGracePeriodSeconds"] ??= 30;
        spec["enableServiceLinks"] ??= true;
        spec["securityContext"] ??= new JsonObject();
        foreach (var list in (string[])["initContainers", "containers"])
            foreach (var container in spec.Items(list).OfType<JsonObject>())
                DefaultContainer(container);
        foreach (var volume in spec.Items("volumes").OfType<JsonObject>())
            foreach (var source in (string[])["configMap", "secret", "projected", "downwardAPI"])
                if (volume[source] is JsonObject files) files["defaultMode"] ??= 420;
    }

    public override void Validate(JsonObject next, JsonObject? current, Causes causes)
    {
        if (next["spec"] is not JsonObject spec)
        {
            causes.Required("spec.containers");
            return;
        }
        ValidateSpec(spec, "spec", causes);
        if (current is not null && !SameButForMutableFields(spec, current["spec"]!.AsObject()))
            causes.Forbidden("spec", "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)");
    }

    public static void ValidateSpec(JsonObject spec, string path, Causes causes)
    {
        var containers = spec.Items("containers").OfType<JsonObject>().ToArray();
        if (containers.Length is 0) causes.Required($"{path}.containers");
        var volumes = new HashSet<string>(StringComparer.Ordinal);
        var index = 0;
        foreach (var volume in spec.Items("volumes").OfType<JsonObject>())
        {
            var at = $"{path}.volumes[{index++}]";
            var name = volume.Text("name");
            if (string.IsNullOrEmpty(name)) causes.Required($"{at}.name");
            else if (Names.InvalidLabelName(name) is { } wrong) causes.Invalid($"{at}.name", name, wrong);
            else if (!volumes.Add(name)) causes.Duplicate($"{at}.name", name);
        }
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var list in (string[])["initContainers", "containers"])
        {
            index = 0;
            foreach (var container in spec.Items(list).OfType<JsonObject>())
                ValidateContainer(container, $"{path}.{list}[{index++}]", names, volumes, causes);
            if (index > MaxContainers) causes.TooMany($"{path}.{list}", index, MaxContainers);
        }
        if (spec.Text("restartPolicy") is { } restart && restart is not ("Always" or "OnFailure" or "Never"))
            causes.NotSupported($"{path}.restartPolicy", restart, ["Always", "OnFailure", "Never"]);
        if (spec.Text("dnsPolicy") is { } dns && dns is not ("ClusterFirst" or "ClusterFirstWithHostNet" or "Default" or "None"))
            causes.NotSupported($"{path}.dnsPolicy", dns, ["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"]);
    }

    public override long GraceSeconds(JsonObject current, long? requested)
    {
        // Nobody runs it: nobody would confirm its end.
        if (current.Text("spec", "nodeName") is null or "" || current.Text("status", "phase") is "Succeeded" or "Failed") return 0;
        return requested ?? current.Number("spec", "terminationGracePeriodSeconds") ?? 30;
    }

    private static void DefaultContainer(JsonObject container)
    {
        container["terminationMessagePath"] ??= "/dev/termination-log";
        container["terminationMessagePolicy"] ??= "File";
        container["resources"] ??= new JsonObject();
        if (container["imagePullPolicy"] is null && container.Text("image") is { } image)
            container["imagePullPolicy"] = IsLatest(image) ? "Always" : "IfNotPresent";
        foreach (var port in container.Items("ports").OfType<JsonObject>()) port["protocol"] ??= "TCP";
        foreach (var variable in container.Items("env").OfType<JsonObject>())
            if (variable.At("valueFrom", "fieldRef") is JsonObject field) field["apiVersion"] ??= "v1";
        foreach (var name in (string[])["livenessProbe", "readinessProbe", "startupProbe"])
        {
            if (container[name] is not JsonObject probe) continue;
            probe["timeoutSeconds"] ??= 1;
            probe["periodSeconds"] ??= 10;
            probe["successThreshold"] ??= 1;
            probe["failureThreshold"] ??= 3;
            if (probe["httpGet"] is not JsonObject get) continue;
            get["path"] ??= "/";
            get["scheme"] ??= "HTTP";
        }
    }

    private static bool IsLatest(string image)
    {
        if (image.Contains('@')) return false;
        var last = image[(image.LastIndexOf('/') + 1)..];
        return !last.Contains(':') || last.EndsWith(":latest", StringComparison.Ordinal);
    }

    private static void ValidateContainer(JsonObject container, string path, HashSet<string> names, HashSet<string> volumes, Causes causes)
    {
        var name = container.Text("name");
        if (string.IsNullOrEmpty(name)) causes.Required($"{path}.name");
        else if (Names.InvalidLabelName(name) is { } wrong) causes.Invalid($"{path}.name", name, wrong);
        else if (!names.Add(name)) causes.Duplicate($"{path}.name", name);
        if (string.IsNullOrEmpty(container.Text("image"))) causes.Required($"{path}.image");
        if (container.Text("imagePullPolicy") is { } pull && pull is not ("Always" or "IfNotPresent" or "Never"))
            causes.NotSupported($"{path}.imagePullPolicy", pull, ["Always", "IfNotPresent", "Never"]);
        var index = 0;
        foreach (var port in container.Items("ports").OfType<JsonObject>())
        {
            var at = $"{path}.ports[{index++}]";
            if (port.Number("containerPort") is not { } number) causes.Required($"{at}.containerPort");
            else if (Names.InvalidPortNumber(number) is { } bad) causes.Invalid($"{at}.containerPort", number, bad);
            if (port.Text("name") is { Length: > 0 } portName && Names.InvalidPortName(portName) is { } badName) causes.Invalid($"{at}.name", portName, badName);
            Protocols.Validate(port.Text("protocol"), $"{at}.protocol", causes);
        }
        index = 0;
        foreach (var variable in container.Items("env").OfType<JsonObject>())
        {
            if (string.IsNullOrEmpty(variable.Text("name"))) causes.Required($"{path}.env[{index}].name");
            if (variable["value"] is not null && variable.Text("value") is { Length: > 0 } && variable["valueFrom"] is not null)
                causes.Invalid($"{path}.env[{index}].valueFrom", "", "may not be specified when `value` is not empty");
            index++;
        }
        index = 0;
        foreach (var mount in container.Items("volumeMounts").OfType<JsonObject>())
        {
            var at = $"{path}.volumeMounts[{index++}]";
            if (string.IsNullOrEmpty(mount.Text("mountPath"))) causes.Required($"{at}.mountPath");
            if (mount.Text("name") is not { Length: > 0 } volume) causes.Required($"{at}.name");
            else if (!volumes.Contains(volume)) causes.NotFound($"{at}.name", volume);
        }
        foreach (var probe in (string[])["livenessProbe", "readinessProbe", "startupProbe"])
            if (container[probe] is JsonObject given && given["exec"] is null && given["httpGet"] is null && given["tcpSocket"] is null && given["grpc"] is null)
                causes.Required($"{path}.{probe}", "must specify a handler type");
    }

    private static bool SameButForMutableFields(JsonObject next, JsonObject current)
    {
        JsonObject Fixed(JsonObject spec)
        {
            var copy = spec.DeepClone().AsObject();
            // nodeName is written by the scheduler's binding, once.
            foreach (var name in (string[])["activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds"]) copy.Remove(name);
            if (current.Text("nodeName") is null or "") copy.Remove("nodeName");
            foreach (var list in (string[])["initContainers", "containers"])
                foreach (var container in copy.Items(list).OfType<JsonObject>())
                    container.Remove("image");
            return copy;
        }
        return JsonNode.DeepEquals(Fixed(next), Fixed(current));
    }

    private static string QosClass(JsonObject spec)
    {
        bool anything = false, guaranteed = true;
        foreach (var container in spec.Items("containers").OfType<JsonObject>())
        {
            var requests = container.At("resources", "requests") as JsonObject;
            var limits = container.At("resources", "limits") as JsonObject;
            anything |= requests is { Count: > 0 } || limits is { Count: > 0 };
            foreach (var resource in (string[])["cpu", "memory"])
                guaranteed &= limits?[resource] is { } limit && (requests?[resource] is not { } request || JsonNode.DeepEquals(request, limit));
        }
        return !anything ? "BestEffort" : guaranteed ? "Guaranteed" : "Burstable";
    }
}

/// <summary>Transport protocols as ports name them.</summary>
internal static class Protocols
{
    public static void Validate(string? protocol, string path, Causes causes)
    {
        if (protocol is not (null or "TCP" or "UDP" or "SCTP")) causes.NotSupported(path, protocol, ["SCTP", "TCP", "UDP"]);
    }
}
