using Demilune.Local.Images;
using Demilune.Local.Node.Containers;
using Demilune.Local.Node.Volumes;

namespace Demilune.Local.Node;

/// <summary>What the workers of all pods share.</summary>
internal sealed record NodeServices(
    NodePaths Paths, INodeApi Api, OciRuntime Runtime, Sandbox Sandbox, PodVolumes Volumes, ImageStore Images,
    IReadOnlyList<string> HostAddresses, IReadOnlySet<string> AvailableCapabilities, TimeProvider Time, ILogger Log)
{
    /// <inheritdoc cref="LocalOptions.SeccompDirectory"/>
    public string SeccompDirectory { get; init; } = "/var/lib/kubelet/seccomp";

    /// <inheritdoc cref="LocalOptions.RealTime"/>
    public bool RealTime { get; init; }
}
