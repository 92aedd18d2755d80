using System.CommandLine;
using System.Text.Json.Nodes;
using Demilune.Cli.Observe;
using Demilune.Cli.Policies.Cases;
using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.Crds;
using k8s;
using k8s.Models;

namespace Demilune.Cli.Policies;

/// <summary>Where the objects come from that a question is about: files, or a cluster.</summary>
internal static class PolicySource
{
    public static readonly Option<string[]> Files = new("--file", "-f")
    {
        Description = "Manifests, or directories of them, instead of a cluster's objects; may be given more than once.",
    };

    /// <exception cref="InvalidDataException">A file is no manifest.</exception>
    public static async Task<ClusterObjects> ReadAsync(ParseResult parsed, CancellationToken stop)
    {
        var objects = new ClusterObjects();
        if (parsed.GetValue(Files) is { Length: > 0 } files) Apply(files, objects);
        else await ReadClusterAsync(ControllerOptions.Find(parsed.GetValue(ControllerOptions.Kubeconfig)), objects, stop);
        return objects;
    }

    /// <summary>Adds manifests to what is there, or puts them in its place. Policies come last: they may speak of pods' addresses.</summary>
    /// <exception cref="InvalidDataException">One of them is none; the message names its file.</exception>
    public static void Apply(IEnumerable<string> paths, ClusterObjects objects)
    {
        var manifests = paths.SelectMany(Manifests).ToList();
        foreach (var (file, manifest) in manifests.OrderBy(one => Cases.Manifests.Text(one.Manifest, "kind") is "Namespace" or "Pod" or "Node" ? 0 : 1))
        {
            try
            {
                objects.Apply(objects.Filled(manifest));
            }
            catch (InvalidDataException failure)
            {
                throw new InvalidDataException($"{file}: {failure.Message}", failure);
            }
        }
    }

    private static List<(string File, JsonObject Manifest)> Manifests(string path)
    {
        if (!Directory.Exists(path) && !File.Exists(path)) throw new InvalidDataException($"{path}: there is no such file or directory");
        IEnumerable<string> files = Directory.Exists(path)
            ? Directory.EnumerateFiles(path, "*.*", SearchOption.AllDirectories).Where(file => Path.GetExtension(file) is ".yaml" or ".yml" or ".json").Order(StringComparer.Ordinal)
            : [path];
        var found = files.SelectMany(file => Cases.Manifests.Objects(Cases.Manifests.Read(File.ReadAllText(file), file)).Select(manifest => (file, manifest))).ToList();
        // Silence about an empty directory would look like an answer about a cluster without policies.
        return found.Count > 0 ? found : throw new InvalidDataException($"{path}: there are no manifests in it (*.yaml, *.yml, *.json)");
    }

    private static async Task ReadClusterAsync(string? kubeconfig, ClusterObjects objects, CancellationToken stop)
    {
        using var api = KubernetesApi.Connect(kubeconfig);
        await AddAsync<V1Namespace>(api, ResourceType.Namespaces, objects, stop);
        await AddAsync<V1Node>(api, ResourceType.Nodes, objects, stop);
        await AddAsync<V1Pod>(api, ResourceType.Pods, objects, stop);
        await AddAsync<V1Service>(api, ResourceType.Services, objects, stop);
        await AddAsync<V1EndpointSlice>(api, ResourceType.EndpointSlices, objects, stop);
        await AddAsync<V1ConfigMap>(api, ResourceType.ConfigMaps, objects, stop);
        await AddAsync<V1NetworkPolicy>(api, ResourceType.NetworkPolicies, objects, stop);
        await AddAsync<SecurityPolicy>(api, SecurityPolicy.Resource, objects, stop);
        await AddAsync<InspectionPolicy>(api, InspectionPolicy.Resource, objects, stop);
        await AddAsync<ClusterNetworkPolicy>(api, ClusterNetworkPolicy.Resource, objects, stop);
    }

    private static async Task AddAsync<T>(KubernetesApi api, ResourceType type, ClusterObjects objects, CancellationToken stop)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        foreach (var item in (await api.ListAsync<T>(type, ResourceScope.Everything, stop)).Items)
        {
            var json = (JsonObject)ObjectJson.ToNode(item)!;
            (json["kind"], json["apiVersion"]) = (type.Kind, type.ApiVersion);
            objects.Apply(json);
        }
    }
}
