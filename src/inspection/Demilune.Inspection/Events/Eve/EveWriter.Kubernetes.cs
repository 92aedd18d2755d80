using Demilune.Inspection.Policies;

namespace Demilune.Inspection.Events.Eve;

/// <summary>Who the two ends are in the cluster, and which policies judged: not in Suricata.</summary>
public sealed partial class EveWriter
{
    private void WriteKubernetes(in FlowContext context)
    {
        var identities = Identities;
        var (source, destination) = (identities.Find(context.Network, context.Source), identities.Find(context.Network, context.Destination));
        if (source is null && destination is null && context.Policy is null) return;
        _json.WriteStartObject("kubernetes"u8);
        WriteIdentity("source"u8, source);
        WriteIdentity("destination"u8, destination);
        if (context.Speaker is { } speaker)
        {
            _json.WriteString("policy"u8, speaker.Name);
            _json.WriteString("mode"u8, speaker.IsShadow ? "Shadow"u8 : speaker.Prevent ? "Prevent"u8 : "Detect"u8);
        }
        if (context.Policy is { IsJoined: true } policies) WritePolicies(policies, context.Opposed);
        _json.WriteEndObject();
    }

    /// <summary>All that judge, in their order; and of those in the shadow what they would have done so far.</summary>
    private void WritePolicies(InspectionPolicy policies, uint opposed)
    {
        _json.WriteStartArray("policies"u8);
        for (var i = 0; i < policies.Count; i++)
            if (!policies[i].IsShadow) _json.WriteStringValue(policies[i].Name);
        _json.WriteEndArray();
        if (!policies.HasShadow) return;
        _json.WriteStartObject("shadow"u8);
        for (var i = 0; i < policies.Count; i++)
            if (policies[i].IsShadow) _json.WriteString(policies[i].Name, (opposed >> i & 1) != 0 ? "would have blocked"u8 : "would have passed"u8);
        _json.WriteEndObject();
    }

    private void WriteIdentity(ReadOnlySpan<byte> name, Identity? identity)
    {
        if (identity is null) return;
        _json.WriteStartObject(name);
        _json.WriteString("namespace"u8, identity.Namespace);
        _json.WriteString("pod"u8, identity.Pod);
        _json.WriteStartObject("labels"u8);
        foreach (var (key, value) in identity.Labels) _json.WriteString(key, value);
        _json.WriteEndObject();
        _json.WriteEndObject();
    }
}
