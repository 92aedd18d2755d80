using System.Collections.Immutable;
using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.Crds;
using Demilune.Kubernetes.Status;
using Demilune.Kubernetes.Watching;
using Demilune.Policy.Model;
using Demilune.Raven.Design;
using k8s;
using k8s.Models;

namespace Demilune.Raven.Reporting;

/// <summary>Tells in the status of policies that have one whether all of them makes sense and is in the network. (A NetworkPolicy has none: Events say it.)</summary>
internal sealed class PolicyReports(ClusterInformers informers, StatusWriter status, TimeProvider time)
{
    /// <param name="which">Only these; null: all of them.</param>
    /// <exception cref="ApiException">Kubernetes said no.</exception>
    public async Task WriteAsync(
        ImmutableSortedDictionary<PolicyId, ImmutableArray<PolicyProblem>> problems, IReadOnlySet<PolicyId>? which, CancellationToken cancel)
    {
        foreach (var policy in Those(informers.InspectionPolicies.Store.Current, PolicyKind.InspectionPolicy, which))
            await WriteAsync(InspectionPolicy.Resource, policy, policy.Status, Of(PolicyKind.InspectionPolicy, policy.Metadata, policy.Status, problems, time.GetUtcNow()), cancel);
        foreach (var policy in Those(informers.ClusterNetworkPolicies.Store.Current, PolicyKind.ClusterNetworkPolicy, which))
            await WriteAsync(ClusterNetworkPolicy.Resource, policy, policy.Status, Of(PolicyKind.ClusterNetworkPolicy, policy.Metadata, policy.Status, problems, time.GetUtcNow()), cancel);
    }

    private static IEnumerable<T> Those<T>(Store<T>.Snapshot all, PolicyKind kind, IReadOnlySet<PolicyId>? which)
        where T : class, IKubernetesObject<V1ObjectMeta> => which is null
        ? all.Objects.Values
        : which.Where(id => id.Kind == kind).Select(id => all.Find(new ObjectKey(id.Name.Namespace, id.Name.Local))).OfType<T>();

    /// <summary>Pure.</summary>
    internal static PolicyStatus Of(PolicyKind kind, V1ObjectMeta policy, PolicyStatus? before, ImmutableSortedDictionary<PolicyId, ImmutableArray<PolicyProblem>> problems, DateTimeOffset now)
    {
        var own = problems.TryGetValue(new PolicyId(new Name(policy.NamespaceProperty ?? "", policy.Name), kind), out var told)
            ? told.Select(problem => problem.Problem).ToList() : [];
        return new PolicyStatus
        {
            Conditions =
            [
                Conditions.Next(
                    before?.Conditions, "Accepted", own.Count == 0, own.Count == 0 ? "Accepted" : "Ineffective",
                    own.Count == 0 ? "All of it makes sense and is in the network." : string.Join("; ", own) + ".", policy.Generation, now),
            ],
        };
    }

    private Task<bool> WriteAsync<T>(ResourceType type, T policy, PolicyStatus? seen, PolicyStatus desired, CancellationToken cancel)
        where T : class, IKubernetesObject<V1ObjectMeta> => status.WriteAsync(type, policy, seen, desired, cancel);
}
