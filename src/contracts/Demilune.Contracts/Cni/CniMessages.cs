using System.Text.Json;
using System.Text.Json.Serialization;

namespace Demilune.Contracts.Cni;

/// <summary>
/// What the CNI plugin asks of the node agent: one JSON line each way over the agent's Unix socket, one request per
/// connection. The plugin itself has its own copy of these two shapes, so that it stays a tiny native executable.
/// </summary>
/// <param name="Command">ADD, DEL, CHECK, GC or STATUS.</param>
/// <param name="ContainerId">CNI_CONTAINERID.</param>
/// <param name="Netns">CNI_NETNS; may be empty for DEL.</param>
/// <param name="IfName">CNI_IFNAME.</param>
/// <param name="Args">CNI_ARGS: K8S_POD_NAMESPACE, K8S_POD_NAME, K8S_POD_UID.</param>
/// <param name="Config">The network configuration that came on standard input.</param>
public sealed record CniRequest(string Command, string ContainerId, string Netns, string IfName, string Args, JsonElement Config);

/// <summary>Exactly one of the two is set, or neither for a verb without a result.</summary>
/// <param name="Result">As it goes to standard output.</param>
/// <param name="Error">As it goes to standard output, with a non-zero exit.</param>
public sealed record CniReply(JsonElement? Result, CniError? Error);

/// <summary>CNI 1.1 §Error. Codes: 4 bad environment, 6 bad configuration, 7 bad arguments, 11 try again later, 50 not available.</summary>
public sealed record CniError(int Code, string Msg, string Details);

/// <summary>How the messages are written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(CniRequest))]
[JsonSerializable(typeof(CniReply))]
public sealed partial class CniJson : JsonSerializerContext;
