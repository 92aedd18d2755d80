using System.Text.Json.Nodes;
using Demilune.Local.Api;
using Demilune.Local.Resources;
using Demilune.Local.Storage;

namespace Demilune.Local.Patches.Apply;

/// <summary>Server-side apply: the manager says all it wants of an object, the server merges by owner.</summary>
internal sealed class ServerSideApply(ObjectWriter writer)
{
    public (StoredObject Object, bool Created) Run(ResourceType type, ObjectName name, JsonObject configuration, WriteOptions options) => throw StatusException.Unavailable($"{writer.Now}");
}
