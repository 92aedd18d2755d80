using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Demilune.Policy.Intents;
using Demilune.Policy.Model;
using Demilune.Raven.Facts;

namespace Demilune.Raven.Design;

/// <summary>What a thing on the network is to us, in words that survive a restart: written into its description, found again by it.</summary>
/// <remarks>
/// Ids are the server's to give. Until it has, and in every plan, things refer to each other as "@KEY", which no id can look
/// like.
/// </remarks>
internal static class Key
{
    public const string Network = "network";
    public const string AllowIngress = "allow-all-ingress";
    public const string AllowEgress = "allow-all-egress";

    /// <summary>Each port of the pool that serves all nodes.</summary>
    public const string Spare = "spare";

    public static string Subnet(string cidr) => $"subnet {cidr}";

    public static string Port(string podUid) => $"port {podUid}";

    /// <summary>Each port of a node's own pool.</summary>
    public static string SpareOn(string node) => $"{Spare} on {node}";

    public static bool IsSpare(string key) => key == Spare || key.StartsWith(Spare + " on ", StringComparison.Ordinal);

    public static string FirewallIn(string podUid) => $"firewall-in {podUid}";

    public static string FirewallOut(string podUid) => $"firewall-out {podUid}";

    /// <returns>UID of the pod whose port or port pair it is; null: it is something else.</returns>
    public static string? PodOf(string key) => key.Split(' ', 2) is ["port" or "firewall-in" or "firewall-out" or "pair", var uid] ? uid : null;

    public static string Pair(string podUid) => $"pair {podUid}";

    public static string Group(string firewall) => $"group {firewall}";

    public static string Chain(string firewall) => $"chain {firewall}";

    /// <remarks>
    /// A policy that selects others than before is another group: its pods go from the one to the other in one step each. In one group there would
    /// be a moment in which those that it leaves have its new rules, or those that it takes its old ones.
    /// </remarks>
    /// <param name="direction">Only of a policy in a tier of the cluster's: a pod may need one direction of it and not the other.</param>
    public static string Policy(PolicyIntent policy, PolicyVariant variant, Direction? direction = null)
    {
        var name = policy.Kind switch
        {
            PolicyKind.InspectionPolicy => $"inspection-policy {policy.Name}",
            PolicyKind.ClusterNetworkPolicy => $"cluster-policy {policy.Name} {(direction == Direction.Egress ? "egress" : "ingress")}",
            _ => $"policy {policy.Name}",
        };
        return Short($"{name} {Hash($"{policy.Subjects} as {variant.Resolution}")}");
    }

    public static string Peers(PeerSelector selector) => $"peers {Hash(selector.Key)}";

    public static string Limit(Bandwidth bandwidth) => $"bandwidth in {bandwidth.IngressKbps?.ToString(CultureInfo.InvariantCulture) ?? "any"} out {bandwidth.EgressKbps?.ToString(CultureInfo.InvariantCulture) ?? "any"}";

    public static string Outside(string prefix) => $"outside {prefix}";

    public static string Flow(string content) => $"flow {Hash(content)}";

    /// <param name="tag">Of the policy that judges it, where a classifier has no place for it.</param>
    public static string Flow(string content, int tag) => $"flow {Hash($"{content}|{tag}")} tag {tag}";

    /// <returns>The tag in a flow's key; null: it has none.</returns>
    public static int? TagOf(string key) =>
        key.LastIndexOf(" tag ", StringComparison.Ordinal) is > 0 and var at && int.TryParse(key.AsSpan(at + 5), NumberStyles.None, CultureInfo.InvariantCulture, out var tag) ? tag : null;

    public static string Reference(string key) => "@" + key;

    /// <summary>The description of what has this key.</summary>
    public static string Mark(string cluster, string key) => $"demilune:{cluster} {key}";

    /// <returns>Null: it is not ours.</returns>
    public static string? FromMark(string cluster, string? description)
    {
        var prefix = $"demilune:{cluster} ";
        return description is not null && description.StartsWith(prefix, StringComparison.Ordinal) ? description[prefix.Length..] : null;
    }

    /// <summary>128 bits: not to be hit by accident, and nobody gains by hitting it on purpose within a cluster of theirs.</summary>
    public static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..32];

    /// <summary>Neutron keeps 255 characters; a namespace and a name may have 317.</summary>
    private static string Short(string key) => key.Length <= 200 ? key : key[..160] + " " + Hash(key);
}
