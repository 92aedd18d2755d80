using System.Text.Json;
using Demilune.Contracts.FirewallLink;
using Demilune.Firewall.Events;
using Demilune.Firewall.Link;
using Demilune.Firewall.Packets;
using Demilune.Firewall.Policies;

namespace Demilune.Fuzz.Targets;

/// <summary>Lines from the node agent to the firewall, and the words that the splice puts before a frame.</summary>
internal static class FirewallLinkTarget
{
    private static readonly PolicyIntake s_intake = new(new("/nonexistent"), new(), static _ => { });

    public static FuzzTarget Link { get; } = new("firewall-link", "a line from the agent: policies and identities", Run);

    private static void Run(byte[] input)
    {
        FrameWords.TryRead(input, out _);
        ToFirewall? message;
        try { message = AgentLink.Read(input); }
        catch (Exception e) when (e is JsonException or InvalidDataException) { return; }   // the connection ends
        if (message?.Identities is { } identities) IdentityIntake.Read(identities);
        if (message?.Policies is not { } policies) return;
        var answer = s_intake.Load(policies);
        if (answer.Policies.Count != (policies.Policies?.Count ?? 0)) throw new InvalidOperationException("a policy without an answer");
    }
}
