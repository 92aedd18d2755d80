using System.Globalization;
using Demilune.Kubernetes.Crds;

namespace Demilune.Orchestrator.Placing;

/// <summary>How fast a new revision goes from node to node.</summary>
internal static class Upgrade
{
    /// <summary>On how many more nodes one may begin now: the rest of what may be proving itself at the same time. Pure.</summary>
    public static int RoomFor(Firewall firewall, IReadOnlyCollection<SlotState> slots) =>
        Math.Max(0, AtOnce(firewall.Spec.Upgrade?.NodesAtOnce?.Value, slots.Count) - slots.Count(slot => slot.IsProving));

    /// <summary>"3", "25%" of the nodes, rounded up; never none. What the schema would have refused is the default.</summary>
    internal static int AtOnce(string? asked, int nodes)
    {
        const int Default = 25;
        if (asked is { Length: > 0 } && !asked.EndsWith('%') && int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0) return number;
        var percent = asked is { Length: > 1 } && int.TryParse(asked.AsSpan(0, asked.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var share) && share is > 0 and <= 100 ? share : Default;
        return Math.Max(1, (nodes * percent + 99) / 100);
    }
}
