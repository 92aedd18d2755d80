using System.Text.Json.Nodes;
using static Demilune.Local.Protobuf.Message;

namespace Demilune.Local.Protobuf;

/// <summary>The kinds that kubectl's <c>create</c>, <c>auth</c>, <c>drain</c> and <c>delete</c> send as protobuf. Numbers from the generated.proto files of k8s.io/api.</summary>
/// <remarks>kubectl offers no way to make these commands speak JSON. All others do, so this server reads just these kinds and always answers in JSON.</remarks>
internal static class Kinds
{
    public const string MediaType = "application/vnd.kubernetes.protobuf";

    private static readonly Message Owner = new((1, Text("kind")), (3, Text("name")), (4, Text("uid")), (5, Text("apiVersion")), (6, Flag("controller")), (7, Flag("blockOwnerDeletion")));

    private static readonly Message Metadata = new(
        (1, Text("name")), (2, Text("generateName")), (3, Text("namespace")), (5, Text("uid")), (6, Text("resourceVersion")), (8, Time("creationTimestamp")),
        (11, Map("labels")), (12, Map("annotations")), (13, Many("ownerReferences", Owner)), (14, Texts("finalizers")));

    private static readonly Message Rule = new((1, Texts("verbs")), (2, Texts("apiGroups")), (3, Texts("resources")), (4, Texts("resourceNames")), (5, Texts("nonResourceURLs")));
    private static readonly Message Subject = new((1, Text("kind")), (2, Text("apiGroup")), (3, Text("name")), (4, Text("namespace")));
    private static readonly Message RoleRef = new((1, Text("apiGroup")), (2, Text("kind")), (3, Text("name")));
    private static readonly Message Reference = new((1, Text("kind")), (2, Text("namespace")), (3, Text("name")), (4, Text("uid")), (5, Text("apiVersion")));
    private static readonly Message Preconditions = new((1, Text("uid")), (2, Text("resourceVersion")));

    private static readonly Message DeleteOptions = new(
        (1, Integer("gracePeriodSeconds")), (2, One("preconditions", Preconditions)), (3, Flag("orphanDependents")), (4, Text("propagationPolicy")), (5, Texts("dryRun")));

    private static readonly Message Role = Object((2, Many("rules", Rule)));
    private static readonly Message Binding = Object((2, Many("subjects", Subject)), (3, One("roleRef", RoleRef)));
    private static readonly Message ServicePort = new((1, Text("name")), (2, Text("protocol")), (3, Integer("port")), (4, Port("targetPort")), (5, Integer("nodePort")), (6, Text("appProtocol")));
    private static readonly Message ResourceAttributes = new((1, Text("namespace")), (2, Text("verb")), (3, Text("group")), (4, Text("version")), (5, Text("resource")), (6, Text("subresource")), (7, Text("name")));
    private static readonly Message BoundObject = new((1, Text("kind")), (2, Text("apiVersion")), (3, Text("name")), (4, Text("uid")));

    private static readonly Dictionary<string, Message> ByKind = new(StringComparer.Ordinal)
    {
        ["Namespace"] = Object((2, One("spec", new((1, Texts("finalizers")))))),
        ["ConfigMap"] = Object((2, Map("data")), (3, BytesMap("binaryData")), (4, Flag("immutable"))),
        ["Secret"] = Object((2, BytesMap("data")), (3, Text("type")), (4, Map("stringData")), (5, Flag("immutable"))),
        ["ServiceAccount"] = Object((2, Many("secrets", Reference)), (4, Flag("automountServiceAccountToken"))),
        ["Service"] = Object((2, One("spec", new((1, Many("ports", ServicePort)), (2, Map("selector")), (3, Text("clusterIP")), (4, Text("type")), (5, Texts("externalIPs")), (7, Text("sessionAffinity")), (10, Text("externalName")), (18, Texts("clusterIPs")))))),
        ["Role"] = Role,
        ["ClusterRole"] = Role,
        ["RoleBinding"] = Binding,
        ["ClusterRoleBinding"] = Binding,
        ["DeleteOptions"] = DeleteOptions,
        ["Eviction"] = Object((2, One("deleteOptions", DeleteOptions))),
        ["TokenRequest"] = Object((2, One("spec", new((1, Texts("audiences")), (3, One("boundObjectRef", BoundObject)), (4, Integer("expirationSeconds")))))),
        ["TokenReview"] = Object((2, One("spec", new((1, Text("token")), (2, Texts("audiences")))))),
        ["SelfSubjectReview"] = Object(),
        ["SelfSubjectAccessReview"] = Object((2, One("spec", new((1, One("resourceAttributes", ResourceAttributes)), (2, One("nonResourceAttributes", new((1, Text("path")), (2, Text("verb"))))))))),
        ["SelfSubjectRulesReview"] = Object((2, One("spec", new((1, Text("namespace")))))),
    };

    private static readonly Message TypeMeta = new((1, Text("apiVersion")), (2, Text("kind")));
    private static readonly Message Envelope = new((1, One("typeMeta", TypeMeta)), (2, new Field("raw", FieldKind.Bytes)));

    /// <summary>An object out of its envelope: four magic bytes and a runtime.Unknown (k8s.io/apimachinery).</summary>
    /// <exception cref="FormatException">No such envelope, malformed, or a kind that is not read in this form.</exception>
    public static JsonObject Read(ReadOnlySpan<byte> body)
    {
        if (!body.StartsWith("k8s\0"u8)) throw new FormatException("protobuf: the envelope does not begin with k8s\\0");
        var envelope = Envelope.Read(body[4..]);
        var kind = envelope.Text("typeMeta", "kind") ?? "";
        if (!ByKind.TryGetValue(kind, out var message))
            throw new FormatException($"{kind} is not read as protobuf here; write it as YAML (kubectl create … --dry-run=client -o yaml) and kubectl apply -f it");
        var read = message.Read(Convert.FromBase64String(envelope.Text("raw") ?? ""));
        read["apiVersion"] = envelope.Text("typeMeta", "apiVersion");
        read["kind"] = kind;
        DropEmpty(read);
        return read;
    }

    private static Message Object(params (int, Field)[] fields) => new([(1, One("metadata", Metadata)), .. fields]);

    /// <summary>Go's encoder writes empty texts and zeros for what was never set; in JSON they are simply not there.</summary>
    private static void DropEmpty(JsonNode? node)
    {
        if (node is JsonArray list)
            foreach (var item in list) DropEmpty(item);
        if (node is not JsonObject map) return;
        foreach (var (name, value) in map.ToArray())
        {
            if (name is "data" or "stringData" or "labels" or "annotations" or "gracePeriodSeconds") continue;      // what is empty here was meant so
            DropEmpty(value);
            if (value is null || value.Text() is "" || value.Number() is 0) map.Remove(name);
        }
    }
}
