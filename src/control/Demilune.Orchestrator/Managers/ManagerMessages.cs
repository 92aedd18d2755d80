using System.Text.Json.Serialization;

namespace Demilune.Orchestrator.Managers;

/// <summary>What a manager answers to GET /v1/policies. docs/security-manager.openapi.json is the contract.</summary>
public sealed record ManagerPolicyList(IReadOnlyList<ManagerPolicyEntry> Policies);

/// <param name="Revision">Another one: the rules have changed.</param>
public sealed record ManagerPolicyEntry(string Name, string Revision, string? Description = null);

/// <summary>What it answers to GET /v1/policies/NAME.</summary>
/// <param name="Rules">In Suricata's language.</param>
public sealed record ManagerPolicy(string Name, string Revision, string Rules);

/// <summary>What it is told with PUT /v1/clusters/NAME/bindings: all that is bound to its policies, each time.</summary>
public sealed record ManagerBindings(string Cluster, IReadOnlyList<ManagerBinding> Bindings);

/// <summary>A SecurityPolicy that refers to one of its policies.</summary>
/// <param name="Policy">Its own.</param>
/// <param name="Revision">Of its policy, as it is in force; null: it is not.</param>
/// <param name="Pods">Whom it protects.</param>
public sealed record ManagerBinding(string Policy, string SecurityPolicy, string Mode, string OnFailure, string? Revision, IReadOnlyList<ManagerPod> Pods);

public sealed record ManagerPod(string Namespace, string Name, string Node, IReadOnlyList<string> Addresses);

/// <summary>What is kept on disk of a manager.</summary>
internal sealed record ManagerMemory(IReadOnlyList<ManagerPolicyEntry> Listed, IReadOnlyList<ManagerPolicy> Policies);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ManagerPolicyList))]
[JsonSerializable(typeof(ManagerPolicy))]
[JsonSerializable(typeof(ManagerBindings))]
[JsonSerializable(typeof(ManagerMemory))]
internal sealed partial class ManagerJson : JsonSerializerContext;
