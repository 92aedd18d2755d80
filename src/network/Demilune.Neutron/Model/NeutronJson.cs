using System.Text.Json.Serialization;

namespace Demilune.Neutron;

/// <summary>How the model is written: snake_case, what is null is left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Network))]
[JsonSerializable(typeof(Subnet))]
[JsonSerializable(typeof(Port))]
[JsonSerializable(typeof(SecurityGroup))]
[JsonSerializable(typeof(SecurityGroupRule))]
[JsonSerializable(typeof(AddressGroup))]
[JsonSerializable(typeof(PortPair))]
[JsonSerializable(typeof(PortPairGroup))]
[JsonSerializable(typeof(FlowClassifier))]
[JsonSerializable(typeof(PortChain))]
[JsonSerializable(typeof(QosPolicy))]
[JsonSerializable(typeof(ProjectQuota))]
[JsonSerializable(typeof(Router))]
[JsonSerializable(typeof(FloatingIp))]
[JsonSerializable(typeof(SubnetPool))]
[JsonSerializable(typeof(AddressScope))]
[JsonSerializable(typeof(Trunk))]
[JsonSerializable(typeof(RbacPolicy))]
[JsonSerializable(typeof(ServiceGraph))]
[JsonSerializable(typeof(QosRule))]
[JsonSerializable(typeof(Extension))]
public sealed partial class NeutronJson : JsonSerializerContext;
