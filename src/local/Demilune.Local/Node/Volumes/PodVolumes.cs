using System.Globalization;
using System.Text;
using Demilune.Local.Node.Containers;
using k8s.Models;

namespace Demilune.Local.Node.Volumes;

/// <summary>The volumes of a pod on this machine, and where its containers see them.</summary>
internal sealed class PodVolumes(NodePaths paths, INodeApi api, IReadOnlyList<string> hostAddresses)
{
    /// <summary>What a token lives when the pod does not say (the API's default), in seconds.</summary>
    private const long DefaultTokenSeconds = 3600;

    /// <summary>Makes every volume, or brings those made of API objects up to date. Safe to repeat.</summary>
    /// <exception cref="NodeException">A volume cannot be made; the message names it.</exception>
    public async Task PrepareAsync(V1Pod pod, IReadOnlyList<string> podAddresses, CancellationToken cancellation)
    {
        foreach (var volume in pod.Spec.Volumes ?? [])
        {
            try
            {
                await PrepareAsync(pod, volume, podAddresses, cancellation);
            }
            catch (Exception error) when (error is NodeException or IOException or UnauthorizedAccessException)
            {
                throw new NodeException($"volume {volume.Name}: {error.Message}", (error as NodeException)?.Reason ?? "CreateContainerConfigError", error);
            }
        }
    }

    /// <summary>The binds of one container.</summary>
    /// <exception cref="NodeException">A mount names no volume, or leaves its volume by subPath.</exception>
    public IReadOnlyList<BindMount> Mounts(V1Pod pod, V1Container container, IReadOnlyDictionary<string, string> variables)
    {
        var mounts = new List<BindMount>();
        foreach (var mount in container.VolumeMounts ?? [])
        {
            var volume = pod.Spec.Volumes?.FirstOrDefault(each => each.Name == mount.Name)
                ?? throw new NodeException($"volumeMounts: there is no volume {mount.Name}", "CreateContainerConfigError");
            var root = volume.HostPath?.Path ?? Folder(pod, volume.Name);
            var subPath = mount.SubPathExpr is { } expression ? Variables.Expand(expression, variables) : mount.SubPath;
            mounts.Add(new BindMount(SubPath(root, subPath, volume), mount.MountPath, mount.ReadOnlyProperty is true || IsProjected(volume)));
        }
        return mounts;
    }

    /// <summary>The small files that every container of a pod has its own of.</summary>
    public IReadOnlyList<BindMount> WellKnownFiles(V1Pod pod, V1Container container, IReadOnlyList<string> podAddresses)
    {
        var folder = Directory.CreateDirectory(Path.Combine(paths.Pod(pod.Metadata.Uid), "etc")).FullName;
        var hostNetwork = pod.Spec.HostNetwork is true;
        var files = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["hosts"] = HostsFile(pod, podAddresses, hostNetwork ? Read("/etc/hosts") : null),
            ["hostname"] = Variables.HostName(pod) + "\n",
            ["resolv.conf"] = ResolvFile(pod, Read("/etc/resolv.conf")),
        };
        var taken = (container.VolumeMounts ?? []).Select(mount => mount.MountPath).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, content) in files)
            if (Path.Combine(folder, name) is var path && (!File.Exists(path) || File.ReadAllText(path) != content)) File.WriteAllText(path, content);
        return [.. files.Keys.Where(name => !taken.Contains($"/etc/{name}")).Select(name => new BindMount(Path.Combine(folder, name), $"/etc/{name}", false))];
    }

    internal static string HostsFile(V1Pod pod, IReadOnlyList<string> podAddresses, string? machine)
    {
        var text = new StringBuilder(machine ?? "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n");
        if (machine is null)
            foreach (var address in podAddresses) text.Append(CultureInfo.InvariantCulture, $"{address}\t{Variables.HostName(pod)}\n");
        foreach (var alias in pod.Spec.HostAliases ?? []) text.Append(CultureInfo.InvariantCulture, $"{alias.Ip}\t{string.Join('\t', alias.Hostnames ?? [])}\n");
        return text.ToString();
    }

    internal static string ResolvFile(V1Pod pod, string machine)
    {
        var text = new StringBuilder();
        // There is no cluster DNS here: ClusterFirst falls back to the machine's, as kubelet does without one.
        if (pod.Spec.DnsPolicy is not "None") text.Append(machine);
        var dns = pod.Spec.DnsConfig;
        foreach (var server in dns?.Nameservers ?? []) text.Append(CultureInfo.InvariantCulture, $"nameserver {server}\n");
        if (dns?.Searches is { Count: > 0 } searches) text.Append(CultureInfo.InvariantCulture, $"search {string.Join(' ', searches)}\n");
        if (dns?.Options is { Count: > 0 } options)
            text.Append(CultureInfo.InvariantCulture, $"options {string.Join(' ', options.Select(option => option.Value is null ? option.Name : $"{option.Name}:{option.Value}"))}\n");
        return text.ToString();
    }

    private async Task PrepareAsync(V1Pod pod, V1Volume volume, IReadOnlyList<string> podAddresses, CancellationToken cancellation)
    {
        if (volume.HostPath is { } host) PrepareHostPath(host);
        else if (volume.EmptyDir is { } empty) await PrepareEmptyAsync(pod, volume, empty, cancellation);
        else if (IsProjected(volume)) await AtomicFolder.WriteAsync(Folder(pod, volume.Name), await FilesAsync(pod, volume, podAddresses, cancellation), cancellation);
        else throw new NodeException("this node knows emptyDir, hostPath, configMap, secret, downwardAPI and projected volumes", "CreateContainerConfigError");
    }

    private async Task PrepareEmptyAsync(V1Pod pod, V1Volume volume, V1EmptyDirVolumeSource empty, CancellationToken cancellation)
    {
        var folder = Folder(pod, volume.Name);
        if (Directory.Exists(folder) && (empty.Medium is not "Memory" || Node.Mounts.IsMounted(folder))) return;
        Directory.CreateDirectory(folder);
        if (empty.Medium is "Memory")
            await Node.Mounts.MountAsync("tmpfs", "demilune", folder, empty.SizeLimit is { } size ? $"size={size.ToInt64()}" : "size=50%", cancellation);
        await HostCommand.RequireAsync("chmod", ["0777", folder], cancellation);
        if (pod.Spec.SecurityContext?.FsGroup is not { } group) return;
        await HostCommand.RequireAsync("chgrp", [group.ToString(CultureInfo.InvariantCulture), folder], cancellation);
        await HostCommand.RequireAsync("chmod", ["g+s", folder], cancellation);
    }

    private static void PrepareHostPath(V1HostPathVolumeSource host)
    {
        switch (host.Type)
        {
            case "DirectoryOrCreate":
                Directory.CreateDirectory(host.Path);
                break;
            case "FileOrCreate" when !File.Exists(host.Path):
                File.WriteAllBytes(host.Path, []);
                break;
            case "Directory" when !Directory.Exists(host.Path):
            case "File" or "Socket" or "CharDevice" or "BlockDevice" when !File.Exists(host.Path):
            case null or "" when !Path.Exists(host.Path):
                throw new NodeException($"hostPath {host.Path} is not there{(host.Type is { Length: > 0 } type ? $" (type {type})" : "")}", "CreateContainerConfigError");
        }
    }

    private async Task<IReadOnlyList<ProjectedFile>> FilesAsync(V1Pod pod, V1Volume volume, IReadOnlyList<string> podAddresses, CancellationToken cancellation)
    {
        var ns = pod.Metadata.NamespaceProperty;
        if (volume.ConfigMap is { } map)
            return [.. Projection.ConfigMap(await api.FindConfigMapAsync(ns, map.Name, cancellation), map.Name, map.Items, map.Optional is true, map.DefaultMode ?? Projection.DefaultMode)];
        if (volume.Secret is { } secret)
            return [.. Projection.Secret(await api.FindSecretAsync(ns, secret.SecretName, cancellation), secret.SecretName, secret.Items, secret.Optional is true, secret.DefaultMode ?? Projection.DefaultMode)];
        if (volume.DownwardAPI is { } downward)
            return [.. Projection.DownwardApi(pod, downward.Items, downward.DefaultMode ?? Projection.DefaultMode, podAddresses, hostAddresses)];
        var files = new List<ProjectedFile>();
        var mode = volume.Projected.DefaultMode ?? Projection.DefaultMode;
        foreach (var source in volume.Projected.Sources ?? [])
        {
            if (source.ConfigMap is { } cm)
                files.AddRange(Projection.ConfigMap(await api.FindConfigMapAsync(ns, cm.Name, cancellation), cm.Name, cm.Items, cm.Optional is true, mode));
            if (source.Secret is { } s)
                files.AddRange(Projection.Secret(await api.FindSecretAsync(ns, s.Name, cancellation), s.Name, s.Items, s.Optional is true, mode));
            if (source.DownwardAPI is { } d)
                files.AddRange(Projection.DownwardApi(pod, d.Items, mode, podAddresses, hostAddresses));
            if (source.ServiceAccountToken is { } token)
                files.Add(new ProjectedFile(Projection.Inside(token.Path), Encoding.UTF8.GetBytes(await TokenAsync(pod, volume, token, cancellation)), mode));
        }
        // A later source wins over an earlier one, as in the API's description.
        return [.. files.GroupBy(file => file.Path, StringComparer.Ordinal).Select(same => same.Last())];
    }

    /// <summary>The token on disk while more than a fifth of its life is left, else a new one: asking each time would rewrite the volume.</summary>
    private async Task<string> TokenAsync(V1Pod pod, V1Volume volume, V1ServiceAccountTokenProjection token, CancellationToken cancellation)
    {
        var seconds = token.ExpirationSeconds ?? DefaultTokenSeconds;
        var file = new FileInfo(Path.Combine(Folder(pod, volume.Name), "..data", token.Path));
        return file.Exists && (DateTime.UtcNow - file.LastWriteTimeUtc).TotalSeconds < seconds * 0.8
            ? await File.ReadAllTextAsync(file.FullName, cancellation)
            : await api.RequestTokenAsync(pod, token.Audience, seconds, cancellation);
    }

    private static string SubPath(string root, string? subPath, V1Volume volume)
    {
        if (subPath is not { Length: > 0 }) return root;
        if (subPath.StartsWith('/') || subPath.Split('/').Contains(".."))
            throw new NodeException($"subPath {subPath} of volume {volume.Name} would leave it", "CreateContainerConfigError");
        // Links inside the volume were perhaps made by a container: they must not lead a later mount out of it (CVE-2017-1002101).
        var path = ScopedPath.Resolve(root, subPath, followLast: true) ?? throw new NodeException($"subPath {subPath} of volume {volume.Name} leads nowhere", "CreateContainerConfigError");
        if (!Path.Exists(path)) Directory.CreateDirectory(path);
        return path;
    }

    private string Folder(V1Pod pod, string volume) => Path.Combine(paths.Pod(pod.Metadata.Uid), "volumes", volume);

    private static bool IsProjected(V1Volume volume) => (volume.ConfigMap ?? volume.Secret ?? volume.DownwardAPI ?? (object?)volume.Projected) is not null;

    private static string Read(string file) => File.Exists(file) ? File.ReadAllText(file) : "";
}
