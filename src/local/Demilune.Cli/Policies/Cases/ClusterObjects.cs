using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.Crds;
using Demilune.Kubernetes.Policies;
using Demilune.Policy.Addresses;
using Demilune.Policy.Model;
using k8s.Models;

namespace Demilune.Cli.Policies.Cases;

/// <summary>The objects of a cluster that policies are made of and speak of, without a cluster: what was applied is there until it is deleted.</summary>
internal sealed class ClusterObjects
{
    private readonly SortedDictionary<string, JsonObject> _objects = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (Prefix V4, Prefix V6)> _addresses = new(StringComparer.Ordinal);
    private int _pods;

    /// <summary>"Pod x/a", "ClusterNetworkPolicy deny".</summary>
    public static string NameOf(JsonObject manifest)
    {
        var (kind, name, space) = (Manifests.Text(manifest, "kind"), Manifests.Text(manifest, "metadata", "name"), Manifests.Text(manifest, "metadata", "namespace"));
        if (kind is null || name is null) throw new InvalidDataException("an object needs kind and metadata.name");
        return IsOfCluster(kind) ? $"{kind} {name}" : $"{kind} {space ?? "default"}/{name}";
    }

    /// <summary>Puts an object in place of the one of its name. A pod stays the same pod: only who deletes it first gets another.</summary>
    public void Apply(JsonObject manifest)
    {
        var name = NameOf(manifest);
        var made = (JsonObject)manifest.DeepClone();
        var metadata = made["metadata"]!.AsObject();
        if (!IsOfCluster(Manifests.Text(made, "kind")!)) metadata["namespace"] ??= "default";
        if (name.StartsWith("Pod ", StringComparison.Ordinal))
        {
            metadata["uid"] ??= Manifests.Text(_objects.GetValueOrDefault(name), "metadata", "uid") ?? $"pod-{++_pods:D6}";
            Place(name["Pod ".Length..], made);
        }
        _objects[name] = made;
    }

    /// <param name="name">"Pod x/a".</param>
    /// <returns>False: there is none.</returns>
    public bool Delete(string name)
    {
        if (!_objects.Remove(name)) return false;
        if (name.StartsWith("Pod ", StringComparison.Ordinal)) _addresses.Remove(name["Pod ".Length..]);
        // What is in a namespace goes with it.
        if (name.StartsWith("Namespace ", StringComparison.Ordinal))
            foreach (var inside in _objects.Keys.Where(other => other.Contains($" {name["Namespace ".Length..]}/", StringComparison.Ordinal)).ToList())
                Delete(inside);
        return true;
    }

    public IEnumerable<JsonObject> All => _objects.Values;

    public bool Has(string name) => _objects.ContainsKey(name);

    /// <summary>Of a pod as "x/a": what its status says, or one of 10.244.0.0/16 and fd00:244::/64.</summary>
    public Prefix? AddressOf(string pod, bool v6) => _addresses.TryGetValue(pod, out var found) ? v6 ? found.V6 : found.V4 : null;

    /// <summary>Which pod with a network of its own has this address; null: none.</summary>
    public string? PodAt(Prefix address) => ToCluster().Pods.Select(pod => pod.Name.ToString()).FirstOrDefault(pod => _addresses[pod] is var (v4, v6) && (v4 == address || v6 == address));

    /// <summary>Says where a pod is, if somebody knows better.</summary>
    public void Place(string pod, Prefix v4, Prefix v6) => _addresses[pod] = (v4, v6);

    /// <exception cref="InvalidDataException">An object is not what its kind says.</exception>
    public Demilune.Policy.Model.Cluster ToCluster() => ClusterReader.Read(
        Of<V1Namespace>("Namespace").Concat(Undeclared), Of<V1Pod>("Pod"), Of<V1NetworkPolicy>("NetworkPolicy"),
        Of<InspectionPolicy>("InspectionPolicy"), Of<ClusterNetworkPolicy>("ClusterNetworkPolicy"), Of<V1Node>("Node"));

    /// <summary>Where there is a pod there is its namespace, with no labels but its name, whether a manifest says so or not.</summary>
    private IEnumerable<V1Namespace> Undeclared => _objects.Values.Where(one => Manifests.Text(one, "kind") == "Pod").Select(pod => Manifests.Text(pod, "metadata", "namespace")!)
        .Distinct(StringComparer.Ordinal).Where(name => !Has($"Namespace {name}")).Select(name => new V1Namespace { Metadata = new() { Name = name } });

    public IEnumerable<SecurityPolicy> SecurityPolicies => Of<SecurityPolicy>("SecurityPolicy");

    public IEnumerable<V1Pod> Pods => Of<V1Pod>("Pod");

    public IEnumerable<V1Service> Services => Of<V1Service>("Service");

    public IEnumerable<V1EndpointSlice> EndpointSlices => Of<V1EndpointSlice>("EndpointSlice");

    /// <summary>Puts pods' addresses where a manifest says <c>${x/a}</c> (IPv4) or <c>${x/a:6}</c>.</summary>
    public JsonObject Filled(JsonObject manifest)
    {
        var text = manifest.ToJsonString();
        if (!text.Contains("${", StringComparison.Ordinal)) return manifest;
        foreach (var (pod, (v4, v6)) in _addresses)
            text = text.Replace($"${{{pod}}}", v4.ToString().Split('/')[0], StringComparison.Ordinal)
                .Replace($"${{{pod}:6}}", v6.ToString().Split('/')[0], StringComparison.Ordinal);
        return JsonNode.Parse(text)!.AsObject();
    }

    private IEnumerable<T> Of<T>(string kind) => _objects.Where(entry => entry.Key.StartsWith(kind + " ", StringComparison.Ordinal)).Select(entry =>
    {
        try
        {
            using var json = JsonDocument.Parse(entry.Value.ToJsonString());
            return ObjectJson.Read<T>(json.RootElement);
        }
        catch (JsonException failure)
        {
            throw new InvalidDataException($"{entry.Key}: {failure.Message}", failure);
        }
    });

    private void Place(string pod, JsonObject manifest)
    {
        if (_addresses.ContainsKey(pod)) return;
        var said = (manifest["status"]?["podIPs"] as JsonArray ?? []).Select(ip => Manifests.Text(ip, "ip")).Append(Manifests.Text(manifest, "status", "podIP"))
            .OfType<string>().Select(text => Prefix.TryParse(text, out var prefix) ? prefix : (Prefix?)null).OfType<Prefix>().ToList();
        var number = _addresses.Count + 1;
        while (_addresses.Values.Any(known => known.V4 == V4(number))) number++;
        _addresses[pod] = (
            said.Where(prefix => !prefix.IsV6).Cast<Prefix?>().FirstOrDefault() ?? V4(number),
            said.Where(prefix => prefix.IsV6).Cast<Prefix?>().FirstOrDefault() ?? Parse(string.Create(CultureInfo.InvariantCulture, $"fd00:244::{number:x}")));
    }

    private static Prefix V4(int number) => Parse(string.Create(CultureInfo.InvariantCulture, $"10.244.{number / 256}.{number % 256}"));

    private static Prefix Parse(string text) => Prefix.TryParse(text, out var prefix) ? prefix : throw new InvalidOperationException($"{text} is no address");

    private static bool IsOfCluster(string kind) => kind is "Namespace" or "Node" or "ClusterNetworkPolicy" or "SecurityPolicy" or "Firewall";
}
