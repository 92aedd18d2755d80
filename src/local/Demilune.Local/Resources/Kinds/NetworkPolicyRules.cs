using System.Net;
using System.Text.Json.Nodes;
using Demilune.Local.Api;
using Demilune.Local.Storage;

namespace Demilune.Local.Resources.Kinds;

/// <summary>NetworkPolicies: policy types from what is written, ports, peers and selectors checked as Kubernetes checks them.</summary>
internal sealed class NetworkPolicyRules : KindRules
{
    public override void Default(JsonObject next, JsonObject? current, Snapshot cluster)
    {
        if (next["spec"] is not JsonObject spec) return;
        if (spec["policyTypes"] is not JsonArray { Count: > 0 })
            spec["policyTypes"] = spec["egress"] is JsonArray { Count: > 0 } ? new JsonArray("Ingress", "Egress") : new JsonArray("Ingress");
        foreach (var direction in (string[])["ingress", "egress"])
            foreach (var rule in spec.Items(direction))
                foreach (var port in rule.Items("ports").OfType<JsonObject>())
                    port["protocol"] ??= "TCP";
    }

    public override void Validate(JsonObject next, JsonObject? current, Causes causes)
    {
        if (next["spec"] is not JsonObject spec) return;
        SelectorRules.Validate(spec["podSelector"], "spec.podSelector", causes);
        ValidateRules(spec, "ingress", "from", causes);
        ValidateRules(spec, "egress", "to", causes);
        var index = 0;
        foreach (var type in spec.Items("policyTypes"))
        {
            if (type.Text() is not ("Ingress" or "Egress")) causes.NotSupported($"spec.policyTypes[{index}]", type?.DeepClone(), ["Egress", "Ingress"]);
            index++;
        }
    }

    private static void ValidateRules(JsonObject spec, string direction, string side, Causes causes)
    {
        var index = 0;
        foreach (var rule in spec.Items(direction))
        {
            var at = $"spec.{direction}[{index++}]";
            var n = 0;
            foreach (var port in rule.Items("ports").OfType<JsonObject>()) ValidatePort(port, $"{at}.ports[{n++}]", causes);
            n = 0;
            foreach (var peer in rule.Items(side).OfType<JsonObject>()) ValidatePeer(peer, $"{at}.{side}[{n++}]", causes);
        }
    }

    private static void ValidatePort(JsonObject port, string at, Causes causes)
    {
        Protocols.Validate(port.Text("protocol"), $"{at}.protocol", causes);
        var first = port.Number("port");
        if (first is { } number && Names.InvalidPortNumber(number) is { } wrong) causes.Invalid($"{at}.port", number, wrong);
        if (port.Text("port") is { } name && Names.InvalidPortName(name) is { } wrongName) causes.Invalid($"{at}.port", name, wrongName);
        if (port.Number("endPort") is not { } last) return;
        if (port["port"] is null) causes.Required($"{at}.port", "must be specified when `endPort` is specified");
        else if (first is null) causes.Invalid($"{at}.endPort", last, "may not be specified when `port` is non-numeric");
        else if (last < first) causes.Invalid($"{at}.endPort", last, "must be greater than or equal to `port`");
        if (Names.InvalidPortNumber(last) is { } wrongLast) causes.Invalid($"{at}.endPort", last, wrongLast);
    }

    private static void ValidatePeer(JsonObject peer, string at, Causes causes)
    {
        if (peer["podSelector"] is null && peer["namespaceSelector"] is null && peer["ipBlock"] is null) causes.Required(at, "must specify a peer");
        SelectorRules.Validate(peer["podSelector"], $"{at}.podSelector", causes);
        SelectorRules.Validate(peer["namespaceSelector"], $"{at}.namespaceSelector", causes);
        if (peer["ipBlock"] is not JsonObject block) return;
        if (peer["podSelector"] is not null || peer["namespaceSelector"] is not null) causes.Forbidden(at, "may not specify both ipBlock and another peer");
        if (block.Text("cidr") is not { Length: > 0 } cidr) causes.Required($"{at}.ipBlock.cidr");
        else if (!TryCidr(cidr, out var network)) causes.Invalid($"{at}.ipBlock.cidr", cidr, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
        else
        {
            var n = 0;
            foreach (var item in block.Items("except"))
            {
                var path = $"{at}.ipBlock.except[{n++}]";
                if (!TryCidr(item.Text() ?? "", out var except)) causes.Invalid(path, item?.DeepClone(), "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
                else if (!network.Contains(except.BaseAddress) || except.PrefixLength <= network.PrefixLength)
                    causes.Invalid(path, item?.DeepClone(), "must be a strict subset of `cidr`");
            }
        }
    }

    /// <summary>Kubernetes takes host bits in a CIDR and masks them off; <see cref="IPNetwork"/> does not.</summary>
    private static bool TryCidr(string text, out IPNetwork network)
    {
        network = default;
        if (text.Split('/') is not [var address, var length] || !IPAddress.TryParse(address, out var ip) || !byte.TryParse(length, out var bits)) return false;
        var bytes = ip.GetAddressBytes();
        if (bits > bytes.Length * 8) return false;
        for (var i = 0; i < bytes.Length; i++) bytes[i] &= (byte)(0xFF00 >> Math.Clamp(bits - i * 8, 0, 8));
        network = new IPNetwork(new IPAddress(bytes), bits);
        return true;
    }
}

/// <summary>metav1.LabelSelector inside objects.</summary>
internal static class SelectorRules
{
    public static void Validate(JsonNode? selector, string path, Causes causes)
    {
        if (selector is not JsonObject) return;
        if (selector["matchLabels"] is JsonObject labels)
            foreach (var (key, value) in labels)
            {
                if (Names.InvalidLabelKey(key) is { } wrong) causes.Invalid($"{path}.matchLabels", key, wrong);
                if (value.Text() is { } text && Names.InvalidLabelValue(text) is { } wrongValue) causes.Invalid($"{path}.matchLabels", text, wrongValue);
            }
        var index = 0;
        foreach (var expression in selector.Items("matchExpressions"))
        {
            var at = $"{path}.matchExpressions[{index++}]";
            var values = expression.Items("values").Count();
            switch (expression.Text("operator"))
            {
                case "In" or "NotIn":
                    if (values is 0) causes.Required($"{at}.values", "must be specified when `operator` is 'In' or 'NotIn'");
                    break;
                case "Exists" or "DoesNotExist":
                    if (values > 0) causes.Forbidden($"{at}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
                    break;
                default:
                    causes.Invalid($"{at}.operator", expression.At("operator")?.DeepClone(), "not a valid selector operator");
                    break;
            }
            if (Names.InvalidLabelKey(expression.Text("key") ?? "") is { } wrong) causes.Invalid($"{at}.key", expression.Text("key"), wrong);
        }
    }
}
