using System.Collections.Immutable;
using Demilune.Local.Node.Containers;
using Demilune.Local.Node.Lifecycle;
using k8s.Models;

namespace Demilune.Local.Node;

/// <summary>Brings one container of a pod to life: image, variables, mounts, bundle, runtime; and clears away what is left of one.</summary>
internal sealed class ContainerStarter(NodeServices node)
{
    /// <returns>The digest of the image's configuration.</returns>
    /// <exception cref="NodeException">Something of it is wrong; the reason is kubelet's word. Nothing is left but a folder.</exception>
    public async Task<string> StartAsync(V1Pod pod, V1Container container, string id, int attempt, ImmutableArray<string> addresses, CancellationToken cancellation)
    {
        var image = await node.Images.OpenAsync(container.Image, container.ImagePullPolicy, cancellation);
        await node.Volumes.PrepareAsync(pod, addresses, cancellation);
        var variables = Variables.Resolve(pod, container, image.Config.Environment, await SourcesAsync(pod, container, addresses, cancellation));
        var lookup = variables.ToDictionary(StringComparer.Ordinal);

        await RemoveAsync(id, cancellation);
        var bundle = Directory.CreateDirectory(node.Paths.Bundle(id)).FullName;
        try
        {
            var root = await RootFileSystem.MountAsync(image, bundle, cancellation);
            var cgroup = $"{node.Paths.CgroupParent}/{pod.Metadata.Uid}/{container.Name}";
            var input = new BundleInput(
                pod, container,
                Users.Resolve(pod, container, image.Config.User, Read(root, "etc/passwd"), Read(root, "etc/group")),
                Variables.Arguments(container, image.Config, lookup), variables,
                container.WorkingDir is { Length: > 0 } said ? said : image.Config.WorkingDirectory is { Length: > 0 } own ? own : "/",
                root,
                [.. node.Volumes.WellKnownFiles(pod, container, addresses), .. TerminationLog(pod, container, attempt), .. node.Volumes.Mounts(pod, container, lookup)],
                node.Sandbox.Namespaces(pod), image, node.AvailableCapabilities,
                cgroup, OomScore(pod))
            {
                LocalSeccomp = Seccomp.Load(pod, container, node.SeccompDirectory),
                RealTimeRuntime = node.RealTime && container.SecurityContext?.Capabilities?.Add?.Contains("SYS_NICE") is true ? Cgroups.GrantRealTime(cgroup) : null,
            };
            await File.WriteAllTextAsync(Path.Combine(bundle, "config.json"), Bundle.Configuration(input).ToJsonString(), cancellation);
            await node.Runtime.StartAsync(
                id, node.Paths.Log(pod.Metadata.Uid, container.Name, attempt), container.Tty is true, container.Stdin is true, cancellation);
            node.Runtime.Remember(id);
            return image.Id;
        }
        catch
        {
            await RemoveAsync(id, CancellationToken.None);
            throw;
        }
    }

    /// <summary>What the container wrote to its termination log, at most what the API takes; null when nothing.</summary>
    public string? TerminationMessage(V1Pod pod, V1Container container, int attempt, Termination how)
    {
        const int MaxMessage = 4096;
        var file = TerminationFile(pod, container, attempt);
        if (File.Exists(file) && new FileInfo(file).Length > 0)
        {
            using var reader = new StreamReader(file);
            var buffer = new char[MaxMessage];
            return new string(buffer, 0, reader.ReadBlock(buffer));
        }
        return container.TerminationMessagePolicy is "FallbackToLogsOnError" && !how.Succeeded
            ? Logs.ContainerLog.Tail(node.Paths.Log(pod.Metadata.Uid, container.Name, attempt), lines: 80, maxCharacters: 2048)
            : null;
    }

    /// <summary>Ends it if need be and removes bundle, mounts and runtime state. Safe to repeat; log and exit code stay.</summary>
    public async Task RemoveAsync(string id, CancellationToken cancellation)
    {
        await node.Runtime.DeleteAsync(id, cancellation);
        var bundle = node.Paths.Bundle(id);
        if (!Directory.Exists(bundle)) return;
        await Mounts.RemoveBelowAsync(bundle, cancellation);
        Directory.Delete(bundle, recursive: true);
    }

    private async Task<Variables.Sources> SourcesAsync(V1Pod pod, V1Container container, IReadOnlyList<string> addresses, CancellationToken cancellation)
    {
        var maps = new Dictionary<string, V1ConfigMap>(StringComparer.Ordinal);
        var secrets = new Dictionary<string, V1Secret>(StringComparer.Ordinal);
        foreach (var name in Names(container, from => from.ConfigMapRef?.Name, value => value.ConfigMapKeyRef?.Name))
            if (await node.Api.FindConfigMapAsync(pod.Metadata.NamespaceProperty, name, cancellation) is { } found) maps[name] = found;
        foreach (var name in Names(container, from => from.SecretRef?.Name, value => value.SecretKeyRef?.Name))
            if (await node.Api.FindSecretAsync(pod.Metadata.NamespaceProperty, name, cancellation) is { } found) secrets[name] = found;
        return new Variables.Sources(maps, secrets, addresses, node.HostAddresses);
    }

    private static IEnumerable<string> Names(V1Container container, Func<V1EnvFromSource, string?> whole, Func<V1EnvVarSource, string?> key) =>
        (container.EnvFrom ?? []).Select(whole).Concat((container.Env ?? []).Where(variable => variable.ValueFrom is not null).Select(variable => key(variable.ValueFrom)))
            .OfType<string>().Distinct(StringComparer.Ordinal);

    private IEnumerable<BindMount> TerminationLog(V1Pod pod, V1Container container, int attempt)
    {
        var file = TerminationFile(pod, container, attempt);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, []);
        File.SetUnixFileMode(file, (UnixFileMode)0b110_110_110);
        return [new BindMount(file, container.TerminationMessagePath is { Length: > 0 } path ? path : "/dev/termination-log", false)];
    }

    private string TerminationFile(V1Pod pod, V1Container container, int attempt) =>
        Path.Combine(node.Paths.Pod(pod.Metadata.Uid), "termination", $"{container.Name}.{attempt}");

    /// <summary>An image chooses its files, so a link in it must not lead the node elsewhere.</summary>
    private static string Read(string root, string path) =>
        ScopedPath.Resolve(root, path, followLast: true) is { } file && File.Exists(file) ? File.ReadAllText(file) : "";

    /// <summary>kubelet's: who asked for nothing is killed first.</summary>
    private static int OomScore(V1Pod pod) => PodReport.QosClass(pod) switch { "Guaranteed" => 0, "Burstable" => 500, _ => 1000 };
}
