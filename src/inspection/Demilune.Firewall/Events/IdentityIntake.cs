using System.Collections.Frozen;
using Demilune.Contracts.FirewallLink;
using Demilune.Inspection.Events.Eve;
using Demilune.Wire.Ip;

namespace Demilune.Firewall.Events;

/// <summary>Turns the agent's table of pods into what events are labelled by.</summary>
internal static class IdentityIntake
{
    /// <remarks>An address that is none is left out: its pod's events then lack a name, and nothing else is lost.</remarks>
    public static Identities Read(IdentityTable table)
    {
        var byAddress = new Dictionary<(int, IpAddress), Identity>();
        foreach (var pod in table.Identities ?? [])
        {
            var identity = new Identity(pod.Namespace, pod.Pod, pod.Labels ?? new Dictionary<string, string>());
            foreach (var text in pod.Addresses ?? [])
                if (IpAddress.TryParse(text, out var address)) byAddress[(pod.Network, address)] = identity;
        }
        return new(byAddress.ToFrozenDictionary());
    }
}
