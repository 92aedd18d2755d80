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
    /// <exception cref="ApiException">Kubernetes said no.</exception>
    public async Task WriteAsync(ImmutableArray<PolicyProblem> problems, CancellationToken cancel)
    {
        foreach (var policy in informers.InspectionPolicies.Store.Current.Objects.Values)
            await WriteAsync(InspectionPolicy.Resource, policy, policy.Status, Of(PolicyKind.InspectionPolicy, policy.Metadata, policy.Status, problems, time.GetUtcNow()), cancel);
        foreach (var policy in informers.ClusterNetworkPolicies.Store.Current.Objects.Values)
            await WriteAsync(ClusterNetworkPolicy.Resource, policy, policy.Status, Of(PolicyKind.ClusterNetworkPolicy, policy.Metadata, policy.Status, problems, time.GetUtcNow()), cancel);
    }

    /// <summary>Pure.</summary>
    internal static PolicyStatus Of(PolicyKind kind, V1ObjectMeta policy, PolicyStatus? before, ImmutableArray<PolicyProblem> problems, DateTimeOffset now)
    {
        var own = problems.Where(told => told.Kind == kind && told.Policy.Local == policy.Name && told.Policy.Namespace == (policy.NamespaceProperty ?? ""))
            .Select(told => told.Problem).ToList();
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
