using System.Text.Json;
using System.Text.Json.Serialization;

namespace Demilune.Cni;

/// <summary>One line to the node agent. The same shape as the agent's own contract: a test reads there what is written here.</summary>
internal sealed record Request(string Command, string ContainerId, string Netns, string IfName, string Args, JsonElement Config);

/// <summary>One line from the node agent.</summary>
internal sealed record Reply(JsonElement? Result, ReplyError? Error);

internal sealed record ReplyError(int Code, string Msg, string Details);

/// <summary>What goes to standard output when something failed.</summary>
internal sealed record ErrorOutput(string CniVersion, int Code, string Msg, string Details);

/// <summary>The answer to VERSION.</summary>
internal sealed record VersionOutput(string CniVersion, string[] SupportedVersions);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Request))]
[JsonSerializable(typeof(Reply))]
[JsonSerializable(typeof(ErrorOutput))]
[JsonSerializable(typeof(VersionOutput))]
internal sealed partial class MessagesJson : JsonSerializerContext;
