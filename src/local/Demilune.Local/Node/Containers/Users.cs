using System.Globalization;
using k8s.Models;

namespace Demilune.Local.Node.Containers;

/// <summary>Whom a container runs as.</summary>
internal static class Users
{
    /// <summary>Pure: the pod's securityContext over the image's <c>User</c>, names looked up in the image's own files.</summary>
    /// <param name="passwd">The image's /etc/passwd, or empty.</param>
    /// <param name="group">The image's /etc/group, or empty.</param>
    /// <exception cref="NodeException">A name is unknown, or runAsNonRoot is broken.</exception>
    public static ProcessUser Resolve(V1Pod pod, V1Container container, string imageUser, string passwd, string group)
    {
        var (ofPod, ofContainer) = (pod.Spec.SecurityContext, container.SecurityContext);
        var (name, groupName) = imageUser.Split(':', 2) is [var left, var right] ? (left, right) : (imageUser, "");
        var uid = ofContainer?.RunAsUser ?? ofPod?.RunAsUser ?? (name is "" ? 0 : Id(name, Lines(passwd), "user", imageUser));
        var entry = Lines(passwd).FirstOrDefault(fields => fields.Length > 3 && fields[2] == uid.ToString(CultureInfo.InvariantCulture));
        var gid = ofContainer?.RunAsGroup ?? ofPod?.RunAsGroup
            ?? (groupName is not "" && ofContainer?.RunAsUser is null && ofPod?.RunAsUser is null ? Id(groupName, Lines(group), "group", imageUser)
                : entry is not null && long.TryParse(entry[3], CultureInfo.InvariantCulture, out var primary) ? primary : 0);
        if (uid == 0 && (ofContainer?.RunAsNonRoot ?? ofPod?.RunAsNonRoot) is true)
            throw new NodeException($"container has runAsNonRoot and image will run as root (pod: \"{pod.Metadata.Name}_{pod.Metadata.NamespaceProperty}({pod.Metadata.Uid})\", container: {container.Name})", "CreateContainerConfigError");
        var groups = Lines(group)
            .Where(fields => fields.Length > 3 && entry is not null && fields[3].Split(',').Contains(entry[0]))
            .Select(fields => uint.TryParse(fields[2], CultureInfo.InvariantCulture, out var id) ? id : (uint?)null).OfType<uint>();
        var supplemental = (ofPod?.SupplementalGroups ?? []).OfType<long>().Concat(ofPod?.FsGroup is { } fs ? [fs] : []).Select(id => (uint)id);
        return new ProcessUser((uint)uid, (uint)gid, [.. groups.Concat(supplemental).Distinct()]);
    }

    private static long Id(string name, IEnumerable<string[]> lines, string kind, string imageUser) =>
        uint.TryParse(name, CultureInfo.InvariantCulture, out var number) ? number
        : lines.FirstOrDefault(fields => fields.Length > 2 && fields[0] == name) is { } line && uint.TryParse(line[2], CultureInfo.InvariantCulture, out var id) ? id
        : throw new NodeException($"the image wants to run as {imageUser}, but has no {kind} {name}", "CreateContainerConfigError");

    private static IEnumerable<string[]> Lines(string file) => file.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(':'));
}
