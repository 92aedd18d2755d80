using Demilune.Kubernetes.Crds;
using Demilune.Kubernetes.Policies;
using Demilune.Kubernetes.Status;
using Demilune.Kubernetes.Watching;
using Demilune.Policy.Intents;
using Demilune.Policy.Model;
using Demilune.Raven.Design;
using k8s.Models;

namespace Demilune.Raven.Facts;

/// <summary>Kubernetes' objects as they are watched → the compiler of policies and the designer of the network, object by object.</summary>
internal sealed class ClusterFollower
{
    private readonly Watched<V1Namespace> _namespaces;
    private readonly Watched<V1Pod> _pods;
    private readonly Watched<V1Node> _nodes;
    private readonly Watched<V1NetworkPolicy> _networkPolicies;
    private readonly Watched<Kubernetes.Crds.InspectionPolicy> _inspectionPolicies;
    private readonly Watched<Kubernetes.Crds.ClusterNetworkPolicy> _clusterPolicies;
    private readonly Watched<SecurityPolicy> _securityPolicies;
    private readonly Watched<Firewall> _firewalls;
    private readonly Watched<V1Service> _services;
    private readonly Watched<V1EndpointSlice> _slices;
    private readonly Dictionary<(string Namespace, string Service), Dictionary<string, V1EndpointSlice>> _slicesOf = [];
    private readonly Dictionary<(string Namespace, string Service), V1Service> _known = [];

    private readonly EndingNamespaces _ending = new();
    private readonly Action<V1Pod, string> _complain;

    /// <param name="noted">Called, on any thread, after each change that needs a look.</param>
    /// <param name="complain">Told, during a look, what of a pod has no effect, in words for its owner; again only if it changes.</param>
    public ClusterFollower(ClusterInformers informers, Action noted, Action<V1Pod, string> complain)
    {
        _complain = complain;
        _namespaces = new(informers.Namespaces, noted);
        _pods = new(informers.Pods, noted);
        // Policies may speak of nodes' labels and addresses; their status says much else, and often.
        _nodes = new(informers.Nodes, noted, change => IsNamedOtherwise(change.Old, change.New));
        _networkPolicies = new(informers.NetworkPolicies, noted);
        // Their status is written by us: that is no news.
        _inspectionPolicies = new(informers.InspectionPolicies, noted, change => change.Old?.Metadata.Generation != change.New?.Metadata.Generation);
        _clusterPolicies = new(informers.ClusterNetworkPolicies, noted, change => change.Old?.Metadata.Generation != change.New?.Metadata.Generation);
        _securityPolicies = new(informers.SecurityPolicies, noted, change => Differs(change.Old, change.New));
        _firewalls = new(informers.Firewalls, noted, change => change.Old?.Spec.OnFailure != change.New?.Spec.OnFailure);
        _services = new(informers.Services, noted);
        _slices = new(informers.EndpointSlices, noted);
    }

    /// <summary>The next look finds everything new: for those who know nothing yet.</summary>
    public void Forget()
    {
        _namespaces.Forget();
        _pods.Forget();
        _nodes.Forget();
        _networkPolicies.Forget();
        _inspectionPolicies.Forget();
        _clusterPolicies.Forget();
        _securityPolicies.Forget();
        _firewalls.Forget();
        _services.Forget();
        _slices.Forget();
        _slicesOf.Clear();
        _known.Clear();
        _ending.Clear();
    }

    /// <summary>Tells the compiler and the designer what is other than at the last look.</summary>
    /// <param name="all">Looks at everything, whatever was noted.</param>
    public void Look(ClusterCompiler compiler, NetworkDesigner designer, bool all)
    {
        _namespaces.Look(all, (old, now) =>
        {
            var name = (now ?? old)!.Metadata.Name;
            compiler.SetNamespace(name, now is null ? null : ClusterReader.LabelsOf(now));
            _ending.SetNamespace(name, now?.Metadata.DeletionTimestamp is not null);
        });
        _nodes.Look(all, (old, now) => compiler.SetNode((now ?? old)!.Metadata.Name, now is null ? null : ClusterReader.Node(now)));
        _pods.Look(all, (old, now) =>
        {
            // Deleted and made anew under its name.
            if (old is not null && old.Metadata.Uid != now?.Metadata.Uid) SetPod(compiler, designer, old.Metadata.Uid, null);
            if (now is not null) SetPod(compiler, designer, now.Metadata.Uid, now);
            if (now is not null && ProblemOf(now) is { } problem && (old is null || old.Metadata.Uid != now.Metadata.Uid || ProblemOf(old) != problem))
                _complain(now, problem);
        });
        _networkPolicies.Look(all, (old, now) => SetPolicy(compiler, PolicyKind.NetworkPolicy, (now ?? old)!, now is null ? null : NetworkPolicyReader.Read(now)));
        _inspectionPolicies.Look(all, (old, now) => SetPolicy(compiler, PolicyKind.InspectionPolicy, (now ?? old)!, now is null ? null : InspectionPolicyReader.Read(now)));
        _clusterPolicies.Look(all, (old, now) => SetPolicy(compiler, PolicyKind.ClusterNetworkPolicy, (now ?? old)!, now is null ? null : ClusterNetworkPolicyReader.Read(now)));
        foreach (var released in _ending.Release(Populated)) compiler.SetPolicy(released, null);
        Inspections(designer, all);
        Services(designer, all);
    }

    private HashSet<string> Populated() => _pods.Current.Where(ClusterReader.IsUnderPolicies).Select(pod => pod.Metadata.NamespaceProperty).ToHashSet(StringComparer.Ordinal);

    private static void SetPod(ClusterCompiler compiler, NetworkDesigner designer, string uid, V1Pod? pod)
    {
        compiler.SetPod(uid, pod is not null && ClusterReader.IsUnderPolicies(pod) ? ClusterReader.Pod(pod) : null);
        designer.SetPod(uid, pod is null ? null : FactsReader.Placed(pod));
    }

    private static string? ProblemOf(V1Pod pod)
    {
        Bandwidth.Of(pod, out var problem);
        return problem;
    }

    private void SetPolicy(ClusterCompiler compiler, PolicyKind kind, k8s.IKubernetesObject<V1ObjectMeta> of, NetworkPolicy? policy)
    {
        var id = new PolicyId(new Name(of.Metadata.NamespaceProperty ?? "", of.Metadata.Name), kind);
        if (policy is not null) _ending.SetPolicy(id);
        else if (_ending.Keeps(id)) return;
        compiler.SetPolicy(id, policy);
    }

    private void Inspections(NetworkDesigner designer, bool all)
    {
        var (firewalls, moved) = (_firewalls.Current.ToDictionary(firewall => firewall.Metadata.Name, StringComparer.Ordinal), all);
        _firewalls.Look(all, (_, _) => moved = true);
        _securityPolicies.Look(all, (old, now) => Set((now ?? old)!.Metadata.Name, now));
        // A Firewall says what those policies do that do not say themselves.
        if (moved)
            foreach (var policy in _securityPolicies.Current) Set(policy.Metadata.Name, policy);

        void Set(string name, SecurityPolicy? policy) => designer.SetInspection(
            name, policy is null ? null : FactsReader.Inspection(policy, firewalls.GetValueOrDefault(policy.Spec.Firewall ?? "default")));
    }

    private void Services(NetworkDesigner designer, bool all)
    {
        var touched = new HashSet<(string, string)>();
        _services.Look(all, (old, now) =>
        {
            var key = ((now ?? old)!.Metadata.NamespaceProperty, (now ?? old)!.Metadata.Name);
            if (now is null) _known.Remove(key);
            else _known[key] = now;
            touched.Add(key);
        });
        _slices.Look(all, (old, now) =>
        {
            foreach (var slice in new[] { old, now })
            {
                if (slice is null) continue;
                var key = (slice.Metadata.NamespaceProperty, ServiceReader.ServiceOf(slice));
                if (!_slicesOf.TryGetValue(key, out var slices)) _slicesOf[key] = slices = new(StringComparer.Ordinal);
                if (ReferenceEquals(slice, now)) slices[slice.Metadata.Name] = slice;
                else slices.Remove(slice.Metadata.Name);
                if (slices.Count == 0) _slicesOf.Remove(key);
                touched.Add(key);
            }
        });
        foreach (var key in touched)
            designer.SetService($"{key.Item1}/{key.Item2}", _known.TryGetValue(key, out var service)
                ? ServiceReader.Fronts(service, _slicesOf.TryGetValue(key, out var slices) ? slices.Values : [])
                : []);
    }

    private static bool IsNamedOtherwise(V1Node? one, V1Node? other) =>
        one is null || other is null ||
        !(one.Metadata.Labels ?? new Dictionary<string, string>()).ToHashSet().SetEquals(other.Metadata.Labels ?? new Dictionary<string, string>()) ||
        !(one.Status?.Addresses ?? []).Select(address => address.Address).SequenceEqual((other.Status?.Addresses ?? []).Select(address => address.Address));

    private static bool Differs(SecurityPolicy? one, SecurityPolicy? other) =>
        one is null || other is null ||
        (one.Spec.Mode, one.Spec.OnFailure, one.Spec.Firewall, one.Status?.Tag, Refused(one)) !=
        (other.Spec.Mode, other.Spec.OnFailure, other.Spec.Firewall, other.Status?.Tag, Refused(other));

    private static bool Refused(SecurityPolicy policy) => Conditions.Find(policy.Status?.Conditions, "Accepted")?.Status == "False";
}
