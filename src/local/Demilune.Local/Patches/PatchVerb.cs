using System.Text.Json.Nodes;
using Demilune.Local.Api;
using Demilune.Local.Patches.Apply;
using Demilune.Local.Resources;
using Demilune.Local.Storage;

namespace Demilune.Local.Patches;

/// <summary>PATCH: four languages for saying what shall change.</summary>
internal sealed class PatchVerb(ObjectWriter writer)
{
    private const string JsonType = "application/json-patch+json";
    private const string MergeType = "application/merge-patch+json";
    private const string StrategicType = "application/strategic-merge-patch+json";
    private const string ApplyType = "application/apply-patch+yaml";

    /// <returns>The object, and whether a server-side apply made it.</returns>
    public async Task<(StoredObject Object, bool Created)> RunAsync(HttpContext http, ResourceType type, ObjectName name, WriteOptions options)
    {
        var media = Body.MediaType(http.Request);
        var bytes = await Body.ReadBytesAsync(http.Request, http.RequestAborted);
        if (media is ApplyType)
        {
            if (http.Request.Query["fieldManager"].ToString() is "")
                throw StatusException.BadRequest("PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch");
            return new ServerSideApply(writer).Run(type, name, Body.Parse(bytes, "application/yaml") as JsonObject ?? throw StatusException.BadRequest("an applied configuration is an object"), options);
        }
        if (media is StrategicType && type.IsCustom)
            throw StatusException.UnsupportedMediaType(media, JsonType, MergeType, ApplyType);
        if (media is not (JsonType or MergeType or StrategicType)) throw StatusException.UnsupportedMediaType(media, JsonType, MergeType, StrategicType, ApplyType);
        var patch = Body.Parse(bytes, "application/json");
        if (media is not JsonType && patch is not JsonObject) throw StatusException.BadRequest("the patch must be an object");
        var stored = writer.Update(type, name, current => Patched(type, current, patch, media), options);
        return (stored, false);
    }

    private static JsonObject Patched(ResourceType type, JsonObject current, JsonNode? patch, string media)
    {
        try
        {
            var next = media switch
            {
                JsonType => JsonPatch.Apply(current, patch),
                MergeType => MergePatch.Apply(current, patch),
                _ => StrategicMergePatch.Apply(current, patch!.AsObject(), type.Schema),
            };
            return next as JsonObject ?? throw new PatchException("the result is no object");
        }
        catch (PatchException e)
        {
            // A JSON patch that was fine as such but does not apply is unprocessable, as Kubernetes says it.
            throw media is JsonType ? new StatusException(422, "Invalid", $"the server rejected our request due to an error in our request: {e.Message}") : StatusException.BadRequest(e.Message);
        }
    }
}
