using System.Text;
using System.Text.Json;
using Demilune.Cni;
using Demilune.Contracts.Cni;
using Demilune.Local.Node.Cni;
using Demilune.Node.CniServer;

namespace Demilune.Fuzz.Targets;

/// <summary>What a container runtime, the plugin and the agent say to each other.</summary>
internal static class CniTargets
{
    public static FuzzTarget Messages { get; } = new("cni", "network configurations, lists of them, CNI_ARGS, requests to the agent", Run);

    private static void Run(byte[] input)
    {
        try { NetworkConfiguration.Read(new MemoryStream(input)); }
        catch (CniException) { }            // a typed error is the answer
        var text = Encoding.UTF8.GetString(input);
        if (CniNetwork.TryParse(text, out var network, out var fault) ? network is null : string.IsNullOrEmpty(fault))
            throw new InvalidOperationException("neither a network nor a reason");
        PodReference.Parse(text);
        try { JsonSerializer.Deserialize(input, CniJson.Default.CniRequest); }
        catch (JsonException) { }           // the connection is answered with an error
    }
}
