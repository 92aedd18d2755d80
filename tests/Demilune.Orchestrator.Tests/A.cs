using System.Collections.Immutable;
using Demilune.Contracts.Nodes;
using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.Crds;
using Demilune.Kubernetes.PodNetworks;
using Demilune.Orchestrator.Observing;
using Demilune.Orchestrator.Placing;
using Demilune.Orchestrator.Resolving;
using k8s.Models;
using Firewall = Demilune.Kubernetes.Crds.Firewall;
using SecurityPolicy = Demilune.Kubernetes.Crds.SecurityPolicy;

namespace Demilune.Orchestrator.Tests;

/// <summary>Makes the objects that the tests speak of.</summary>
internal static class A
{
    public static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    public static readonly OrchestratorOptions Options = new();

    public static Firewall Firewall(string name = "default", FailureAction? onFailure = null, string? image = null, int? instancesPerNode = null) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, Uid = "fw-" + name },
        Spec = new FirewallSpec { OnFailure = onFailure, Image = image, InstancesPerNode = instancesPerNode },
    };

    public static SecurityPolicy Policy(string name = "web", int? tag = 2, params RuleReference[] rules) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, Uid = "p-" + name, CreationTimestamp = Now.UtcDateTime },
        Spec = new SecurityPolicySpec { Rules = rules.Length == 0 ? [new RuleReference { Builtin = "web-baseline" }] : [.. rules] },
        Status = tag is null ? null : new SecurityPolicyStatus { Tag = tag },
    };

    public static V1Pod Instance(string name, string node = "n1", Firewall? of = null, string phase = "Running", int minute = 0, bool deleting = false)
    {
        var pod = FirewallPod.Of(of ?? Firewall(), node, name, Options);
        pod.Metadata.Uid = "uid-" + name;
        pod.Metadata.CreationTimestamp = Now.UtcDateTime.AddMinutes(minute);
        pod.Metadata.DeletionTimestamp = deleting ? Now.UtcDateTime : null;
        pod.Status = new V1PodStatus { Phase = phase };
        return pod;
    }

    public static PodNetwork Pod(string name, string node = "n1", params string[] policies) => new(
        "uid-" + name, new ObjectKey("shop", name), node, null, [.. policies], "port-" + name, "fa:16:3e:00:00:01", ["10.244.0.5"], ["shop/web"], null, 1);

    public static Situation Situation(
        IEnumerable<SecurityPolicy>? policies = null, IEnumerable<PodNetwork>? pods = null, IEnumerable<V1Pod>? instances = null,
        NodeObservation? seen = null, IEnumerable<Firewall>? firewalls = null)
    {
        var all = (firewalls ?? [Firewall()]).ToImmutableDictionary(firewall => firewall.Metadata.Name);
        return new Situation(
            (pods ?? []).ToImmutableDictionary(pod => pod.PodUid),
            (policies ?? [Policy()]).ToImmutableDictionary(
                policy => policy.Metadata.Name,
                policy => SecurityPolicyResolver.Resolve(policy, all.GetValueOrDefault(policy.Spec.Firewall ?? "default"), _ => null)),
            all, [.. instances ?? []],
            seen is null ? Observed.Nothing : Observed.Nothing.With("n1", seen, Now), Now);
    }

    public static NodeObservation Seen(IEnumerable<FirewallObservation>? firewalls = null, params string[] activePorts) => new()
    {
        Firewalls = { firewalls ?? [] },
        Ports = { activePorts.Select(port => new PortObservation { PortId = port, Active = true }) },
    };

    public static FirewallObservation Engine(string instance, bool alive = true, params LoadedPolicy[] loaded) =>
        new() { PodUid = "uid-" + instance, Connected = true, Alive = alive, Policies = { loaded } };

    public static LoadedPolicy Loaded(ResolvedPolicy policy, bool ok = true, params string[] errors) =>
        new() { Name = policy.Name, Revision = policy.ToNodes()!.Revision, Ok = ok, Rules = 40, Errors = { errors } };
}
