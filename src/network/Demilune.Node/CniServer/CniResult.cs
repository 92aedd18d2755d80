using System.Text.Json;
using System.Text.Json.Nodes;
using Demilune.Node.Attachments;
using Demilune.Node.Interfaces;

namespace Demilune.Node.CniServer;

/// <summary>The result of ADD in the words of the configuration's CNI version.</summary>
internal static class CniResult
{
    public static JsonElement Of(Attachment attachment, string cniVersion)
    {
        var eth0 = attachment.Interfaces[0];
        var old = Version.TryParse(cniVersion, out var version) && version.Major == 0;
        var ips = new JsonArray();
        var routes = new JsonArray();
        foreach (var address in eth0.Addresses)
        {
            var six = address.Contains(':', StringComparison.Ordinal);
            var onLink = eth0.Switch?.Addresses.FirstOrDefault(one => one.Address.StartsWith(address + "/", StringComparison.Ordinal));
            var gateway = onLink?.Gateway ?? (six ? PodInterface.Gateway6 : PodInterface.Gateway4).ToString();
            var ip = new JsonObject { ["address"] = onLink?.Address ?? $"{address}/{(six ? 128 : 32)}", ["interface"] = 1 };
            if (gateway.Length > 0) ip["gateway"] = gateway;
            if (old) ip["version"] = six ? "6" : "4";      // dropped by CNI 1.0
            ips.Add((JsonNode)ip);
            if (gateway.Length > 0) routes.Add((JsonNode)new JsonObject { ["dst"] = six ? "::/0" : "0.0.0.0/0", ["gw"] = gateway });
        }

        var interfaces = new JsonArray(new JsonObject { ["name"] = eth0.HostName });
        foreach (var made in attachment.Interfaces)
            interfaces.Add((JsonNode)new JsonObject { ["name"] = made.Name, ["mac"] = made.Mac, ["sandbox"] = attachment.Netns });
        var result = new JsonObject
        {
            ["cniVersion"] = cniVersion,
            ["interfaces"] = interfaces,
            ["ips"] = ips,
            ["routes"] = routes,
            ["dns"] = new JsonObject(),
        };
        return JsonSerializer.SerializeToElement(result);
    }
}
