using System.Text.Json.Nodes;
using Demilune.Neutron;
using Demilune.Sdn.Api;

namespace Demilune.Sdn.Resources;

internal sealed class PortPairs : Collection<PortPair>
{
    private static readonly Check Parameters = Checks.OrNull(Checks.Members(
        ("correlation", Checks.OrNull((ref value) => Checks.TextOf(value) is "mpls" or "nsh" ? null : $"{value} is not in valid_values")),
        ("weight", Checks.Int(0, int.MaxValue))));

    public override AttributeTable Attributes { get; } = new(
        standard: false,
        Attribute.RequiredOnce("ingress", Checks.Uuid),
        Attribute.RequiredOnce("egress", Checks.Uuid),
        Attribute.Once("service_function_parameters", Parameters) with { Default = () => new JsonObject() });

    public override Fault NotFound(string id) => new(404, "PortPairNotFound", $"Port Pair {id} not found.");

    protected override Fault? OnCreate(Draft draft, ref PortPair made)
    {
        if (draft.State.Find<Port>(made.Ingress) is not { } ingress || !draft.Sees(ingress)) return PortNotFound(made.Ingress!);
        if (draft.State.Find<Port>(made.Egress) is not { } egress || !draft.Sees(egress)) return PortNotFound(made.Egress!);
        if (ingress.DeviceId is null or "")
            return new(400, "PortPairIngressNoHost", $"Port Pair ingress port {made.Ingress} does not belong to a host.");
        if (egress.DeviceId is null or "")
            return new(400, "PortPairEgressNoHost", $"Port Pair egress port {made.Egress} does not belong to a host.");
        if (ingress.DeviceId != egress.DeviceId)
            return new(400, "PortPairIngressEgressDifferentHost",
                $"Port Pair ingress port {made.Ingress} and egress port {made.Egress} not in the same host.");
        if (draft.State.Holder(Key(made)) is { } same)
            return new(400, "PortPairIngressEgressInUse",
                $"Port Pair with ingress port {made.Ingress} and egress port {made.Egress} is already used by another Port Pair {same}.");
        made = made with { ServiceFunctionParameters = made.ServiceFunctionParameters ?? new() };
        return null;
    }

    protected override void Complete(NetworkState state, PortPair resource, JsonObject view) => view["service_function_parameters"] = new JsonObject
    {
        ["correlation"] = resource.ServiceFunctionParameters?.Correlation, ["weight"] = resource.ServiceFunctionParameters?.Weight ?? 1,
    };

    protected override Fault? OnDelete(Draft draft, PortPair gone) =>
        draft.State.Referrers<PortPairGroup>(gone.Id).Any() ? InUse(gone.Id) : null;

    protected override IEnumerable<string> References(PortPair resource) => [resource.Ingress!, resource.Egress!];

    protected override IEnumerable<string> Keys(PortPair resource) => [Key(resource)];

    public static Fault InUse(string id) => new(409, "PortPairInUse", $"Port Pair {id} in use.");

    private static string Key(PortPair pair) => $"port-pair:{pair.Ingress}:{pair.Egress}";

    private static Fault PortNotFound(string id) => new(404, "PortPairPortNotFound", $"Port Pair port {id} not found.");
}
