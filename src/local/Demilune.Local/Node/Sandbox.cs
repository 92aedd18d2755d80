using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Demilune.Local.Node.Cni;
using Demilune.Local.Node.Containers;
using k8s.Models;

namespace Demilune.Local.Node;

/// <summary>What of a pod's sandbox may exist. Written before anything is made, so that a crash at any point leaves enough to undo it.</summary>
/// <param name="Id">The sandbox's own id; CNI's container id.</param>
/// <param name="Network">The CNI configuration that ADD saw; null for a pod in the host's network.</param>
/// <param name="PluginFolders">Where ADD found its plugins: DEL finds them there whatever the flags are by then.</param>
/// <param name="Result">What ADD returned; null: it did not come to an end, DEL is owed all the same.</param>
internal sealed record SandboxRecord(string Id, bool HostNetwork, string? Network, IReadOnlyList<string> PluginFolders, JsonNode? Result);

/// <summary>Makes and removes the namespaces and the network that the containers of a pod share.</summary>
internal sealed class Sandbox(NodePaths paths, IReadOnlyList<string> pluginFolders, string cniConfig)
{
    private static readonly string[] Types = ["net", "uts", "ipc"];

    public static string RecordFile(NodePaths paths, string uid) => Path.Combine(paths.Pod(uid), "sandbox.json");

    /// <summary>Namespaces, loopback, CNI ADD.</summary>
    /// <param name="hostAddresses">What a pod in the host's network reports as its own.</param>
    /// <exception cref="NodeException">Something refused. What was made is taken back already, or still on record for <see cref="RemoveAsync"/>.</exception>
    public async Task<ImmutableArray<string>> CreateAsync(V1Pod pod, IReadOnlyList<string> hostAddresses, CancellationToken cancellation)
    {
        await RemoveAsync(pod, cancellation);      // what a crash or a failure left
        var hostNetwork = pod.Spec.HostNetwork is true;
        var network = hostNetwork ? null : CniNetwork.Load(cniConfig);
        var record = new SandboxRecord(Guid.NewGuid().ToString("N"), hostNetwork, network?.Text, pluginFolders, null);
        Save(pod.Metadata.Uid, record);
        try
        {
            await CreateNamespacesAsync(pod, record, cancellation);
            if (network is null) return [.. hostAddresses];
            await HostCommand.RequireAsync("nsenter", [$"--net={NamespacePath(record.Id, "net")}", "ip", "link", "set", "lo", "up"], cancellation);
            var result = await new CniRuntime(record.PluginFolders).AddAsync(network, Cni(pod, record), cancellation);
            Save(pod.Metadata.Uid, record with { Result = result });
            return CniRuntime.Addresses(result);
        }
        catch (NodeException)
        {
            // The specification owes a DEL to every ADD that was tried. If that fails too, the first error is the one to tell;
            // the record stays and the next attempt begins with the DEL.
            try
            {
                await RemoveAsync(pod, cancellation);
            }
            catch (NodeException)
            {
            }
            throw;
        }
    }

    /// <summary>CNI DEL, then the namespaces. Nothing there is fine.</summary>
    /// <exception cref="NodeException">A plugin refused DEL; the record stays.</exception>
    public async Task RemoveAsync(V1Pod pod, CancellationToken cancellation)
    {
        await ReleaseNetworkAsync(pod, cancellation);
        await RemoveNamespacesAsync(pod, cancellation);
    }

    /// <summary>CNI DEL for whatever is on record.</summary>
    /// <exception cref="NodeException">A plugin refused; to be tried again.</exception>
    public async Task ReleaseNetworkAsync(V1Pod pod, CancellationToken cancellation)
    {
        if (Read(pod.Metadata.Uid) is { Network: { } text } record && CniNetwork.TryParse(text, out var network, out _))
            await new CniRuntime(record.PluginFolders).DeleteAsync(network!, Cni(pod, record), record.Result, cancellation);
    }

    /// <summary>The namespaces and the record of them.</summary>
    public async Task RemoveNamespacesAsync(V1Pod pod, CancellationToken cancellation)
    {
        if (Read(pod.Metadata.Uid) is not { } record) return;
        foreach (var type in Types)
        {
            var path = NamespacePath(record.Id, type);
            if (Mounts.IsMounted(path)) await HostCommand.RequireAsync("umount", ["--lazy", path], cancellation);
            File.Delete(path);
        }
        File.Delete(RecordFile(paths, pod.Metadata.Uid));
    }

    /// <summary>After a restart of this process: the addresses of a sandbox that stands, or null.</summary>
    public ImmutableArray<string>? Adopt(V1Pod pod, IReadOnlyList<string> hostAddresses)
    {
        if (Read(pod.Metadata.Uid) is not { } record || !NamespaceTypes(record.HostNetwork).All(type => Mounts.IsMounted(NamespacePath(record.Id, type)))) return null;
        return record.HostNetwork ? [.. hostAddresses] : record.Result is { } result ? CniRuntime.Addresses(result) : null;
    }

    /// <summary>The pod's namespaces in the words of the OCI runtime specification.</summary>
    public IReadOnlyDictionary<string, string> Namespaces(V1Pod pod)
    {
        var record = Read(pod.Metadata.Uid) ?? throw new NodeException("the pod's sandbox is gone");
        return NamespaceTypes(record.HostNetwork).ToDictionary(type => type is "net" ? "network" : type, type => NamespacePath(record.Id, type), StringComparer.Ordinal);
    }

    private async Task CreateNamespacesAsync(V1Pod pod, SandboxRecord record, CancellationToken cancellation)
    {
        var types = NamespaceTypes(record.HostNetwork).ToList();
        foreach (var type in types) await File.WriteAllBytesAsync(NamespacePath(record.Id, type), [], cancellation);
        List<string> arguments = [.. types.Select(type => $"--{type}={NamespacePath(record.Id, type)}")];
        arguments.AddRange(types.Contains("uts") ? ["hostname", Variables.HostName(pod)] : ["true"]);
        await HostCommand.RequireAsync("unshare", arguments, cancellation);
    }

    private static IEnumerable<string> NamespaceTypes(bool hostNetwork) => hostNetwork ? Types.Where(type => type is "ipc") : Types;

    private string NamespacePath(string id, string type) => Path.Combine(paths.Namespaces, type is "net" ? id : $"{id}.{type}");

    private CniPod Cni(V1Pod pod, SandboxRecord record) =>
        new(record.Id, NamespacePath(record.Id, "net"), pod.Metadata.NamespaceProperty, pod.Metadata.Name, pod.Metadata.Uid);

    private SandboxRecord? Read(string uid) =>
        RecordFile(paths, uid) is var file && File.Exists(file) ? JsonSerializer.Deserialize(File.ReadAllText(file), RecordJson.Default.SandboxRecord) : null;

    private void Save(string uid, SandboxRecord record)
    {
        var file = RecordFile(paths, uid);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        RecordJson.Write(file, JsonSerializer.Serialize(record, RecordJson.Default.SandboxRecord));
    }
}

/// <summary>How the node writes down what it must remember.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SandboxRecord))]
[JsonSerializable(typeof(ContainerRecord))]
internal sealed partial class RecordJson : JsonSerializerContext
{
    /// <summary>Whole or not at all, also when the machine stops in the middle.</summary>
    public static void Write(string file, string text)
    {
        File.WriteAllText(file + ".new", text);
        File.Move(file + ".new", file, overwrite: true);
    }
}
