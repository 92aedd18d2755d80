namespace Demilune.Inspection.Events.Eve;

/// <summary>Who the two ends are in the cluster, and which policy judged: not in Suricata.</summary>
public sealed partial class EveWriter
{
    private void WriteKubernetes(in FlowContext context)
    {
        var identities = Identities;
        var (source, destination) = (identities.Find(context.Network, context.Source), identities.Find(context.Network, context.Destination));
        if (source is null && destination is null && string.IsNullOrEmpty(context.Policy)) return;
        _json.WriteStartObject("kubernetes"u8);
        WriteIdentity("source"u8, source);
        WriteIdentity("destination"u8, destination);
        if (!string.IsNullOrEmpty(context.Policy))
        {
            _json.WriteString("policy"u8, context.Policy);
            _json.WriteString("mode"u8, context.DetectOnly ? "Detect"u8 : "Prevent"u8);
        }
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
