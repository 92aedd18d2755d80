using System.Text.Json.Nodes;
using Demilune.Local.Crds;
using Demilune.Local.Resources.Kinds;
using Demilune.Local.Schemas;
using Demilune.Local.Tables;
using k8s.Models;

namespace Demilune.Local.Resources;

/// <summary>The kinds every cluster has, as far as this one keeps them.</summary>
internal static class BuiltinResources
{
    private static readonly SubresourceType[] PodSubresources =
    [
        new("log", "Pod", "", "", "get"), new("exec", "PodExecOptions", "", "", "create", "get"), new("attach", "PodAttachOptions", "", "", "create", "get"),
        new("binding", "Binding", "", "", "create"), new("eviction", "Eviction", "policy", "v1", "create"),
        new("proxy", "PodProxyOptions", "", "", "create", "delete", "get", "patch", "update"),
    ];

    public static IReadOnlyList<ResourceType> All { get; } =
    [
        Core<V1Namespace>("Namespace", "namespaces", false) with { ShortNames = ["ns"], HasStatus = true, Rules = new NamespaceRules(), Columns = BuiltinColumns.Namespaces, SelectableFields = ["status.phase"], Subresources = [new("finalize", "Namespace", "", "", "update")] },
        Core<V1Node>("Node", "nodes", false) with { ShortNames = ["no"], HasStatus = true, Columns = BuiltinColumns.Nodes, SelectableFields = ["spec.unschedulable"] },
        Core<V1Pod>("Pod", "pods") with { ShortNames = ["po"], Categories = ["all"], HasStatus = true, Rules = new PodRules(), Columns = PodColumns.All, Subresources = PodSubresources, SelectableFields = ["spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork", "status.phase", "status.podIP"] },
        Core<V1Service>("Service", "services") with { ShortNames = ["svc"], Categories = ["all"], HasStatus = true, Rules = new ServiceRules(), Columns = BuiltinColumns.Services, SelectableFields = ["spec.clusterIP", "spec.type"], Subresources = [new("proxy", "ServiceProxyOptions", "", "", "create", "delete", "get", "patch", "update")] },
        Core<V1Endpoints>("Endpoints", "endpoints") with { ShortNames = ["ep"], Columns = BuiltinColumns.Endpoints, ListKind = "EndpointsList" },
        Core<V1ConfigMap>("ConfigMap", "configmaps") with { ShortNames = ["cm"], Rules = new ConfigMapRules(), Columns = BuiltinColumns.ConfigMaps },
        Core<V1Secret>("Secret", "secrets") with { Rules = new SecretRules(), Columns = BuiltinColumns.Secrets, SelectableFields = ["type"] },
        Core<V1ServiceAccount>("ServiceAccount", "serviceaccounts") with { ShortNames = ["sa"], Columns = BuiltinColumns.ServiceAccounts, Subresources = [new("token", "TokenRequest", "authentication.k8s.io", "v1", "create")] },
        Core<Corev1Event>("Event", "events") with { ShortNames = ["ev"], Columns = BuiltinColumns.Events, SelectableFields = EventConversion.CoreFields },
        new("events.k8s.io", "v1", "Event", "events", true)
        {
            Schema = ModelSchemas.For(typeof(Eventsv1Event)), Columns = BuiltinColumns.Events, SelectableFields = EventConversion.CoreFields,
            Storage = "events", StoredApiVersion = "v1", FromStored = EventConversion.FromCore, ToStored = EventConversion.ToCore,
        },
        Of<V1Lease>("coordination.k8s.io", "Lease", "leases") with { Columns = BuiltinColumns.Leases },
        Of<V1EndpointSlice>("discovery.k8s.io", "EndpointSlice", "endpointslices") with { Columns = BuiltinColumns.EndpointSlices },
        Of<V1NetworkPolicy>("networking.k8s.io", "NetworkPolicy", "networkpolicies") with { ShortNames = ["netpol"], HasGeneration = true, Rules = new NetworkPolicyRules(), Columns = BuiltinColumns.NetworkPolicies },
        Of<V1Deployment>("apps", "Deployment", "deployments") with { ShortNames = ["deploy"], Categories = ["all"], HasStatus = true, HasGeneration = true, Rules = new WorkloadRules(), Columns = BuiltinColumns.Deployments },
        Of<V1ReplicaSet>("apps", "ReplicaSet", "replicasets") with { ShortNames = ["rs"], Categories = ["all"], HasStatus = true, HasGeneration = true, Rules = new WorkloadRules(), Columns = BuiltinColumns.ReplicaSets },
        Of<V1DaemonSet>("apps", "DaemonSet", "daemonsets") with { ShortNames = ["ds"], Categories = ["all"], HasStatus = true, HasGeneration = true, Rules = new WorkloadRules(), Columns = BuiltinColumns.DaemonSets },
        Rbac<V1Role>("Role", "roles", true) with { Columns = BuiltinColumns.Created },
        Rbac<V1RoleBinding>("RoleBinding", "rolebindings", true) with { Columns = BuiltinColumns.Bindings },
        Rbac<V1ClusterRole>("ClusterRole", "clusterroles", false) with { Columns = BuiltinColumns.Created },
        Rbac<V1ClusterRoleBinding>("ClusterRoleBinding", "clusterrolebindings", false) with { Columns = BuiltinColumns.Bindings },
        Of<V1CustomResourceDefinition>("apiextensions.k8s.io", "CustomResourceDefinition", "customresourcedefinitions", false) with { ShortNames = ["crd", "crds"], Categories = ["api-extensions"], HasStatus = true, HasGeneration = true, Rules = new CrdRules(), Columns = BuiltinColumns.CustomResourceDefinitions },
        Review<V1TokenReview>("authentication.k8s.io", "TokenReview", "tokenreviews"),
        Review<V1SelfSubjectReview>("authentication.k8s.io", "SelfSubjectReview", "selfsubjectreviews"),
        Review<V1SubjectAccessReview>("authorization.k8s.io", "SubjectAccessReview", "subjectaccessreviews"),
        Review<V1SelfSubjectAccessReview>("authorization.k8s.io", "SelfSubjectAccessReview", "selfsubjectaccessreviews"),
        Review<V1SelfSubjectRulesReview>("authorization.k8s.io", "SelfSubjectRulesReview", "selfsubjectrulesreviews"),
        Review<V1LocalSubjectAccessReview>("authorization.k8s.io", "LocalSubjectAccessReview", "localsubjectaccessreviews") with { },
    ];

    private static ResourceType Core<T>(string kind, string plural, bool namespaced = true) => new("", "v1", kind, plural, namespaced) { Schema = ModelSchemas.For(typeof(T)) };

    private static ResourceType Of<T>(string group, string kind, string plural, bool namespaced = true) => new(group, "v1", kind, plural, namespaced) { Schema = ModelSchemas.For(typeof(T)) };

    private static ResourceType Rbac<T>(string kind, string plural, bool namespaced) => Of<T>("rbac.authorization.k8s.io", kind, plural, namespaced) with { Rules = new RbacRules() };

    private static ResourceType Review<T>(string group, string kind, string plural) => Of<T>(group, kind, plural, kind.StartsWith("Local", StringComparison.Ordinal)) with { IsReview = true };
}

/// <summary>Between core/v1 and events.k8s.io/v1: one storage, two spellings of the same fields.</summary>
internal static class EventConversion
{
    private static readonly (string Core, string New)[] Names =
    [
        ("involvedObject", "regarding"), ("message", "note"), ("reportingComponent", "reportingController"), ("count", "deprecatedCount"),
        ("firstTimestamp", "deprecatedFirstTimestamp"), ("lastTimestamp", "deprecatedLastTimestamp"), ("source", "deprecatedSource"),
    ];

    public static IReadOnlyList<string> CoreFields { get; } =
    [
        "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion",
        "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type",
    ];

    public static void FromCore(JsonObject o) => Rename(o, Names.Select(pair => (pair.Core, pair.New)));

    public static void ToCore(JsonObject o) => Rename(o, Names.Select(pair => (pair.New, pair.Core)));

    private static void Rename(JsonObject o, IEnumerable<(string From, string To)> names)
    {
        foreach (var (from, to) in names)
            if (o.Remove(from, out var value)) o[to] = value;
    }
}
