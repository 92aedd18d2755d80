using Demilune.Neutron;
using Demilune.Sdn.Api;

namespace Demilune.Sdn.Resources;

/// <summary>Labels on objects, for whoever must find its own again.</summary>
internal static class Tags
{
    private const int MaxTags = 50;
    private const int MaxLength = 255;

    public static Check Check { get; } = Checks.ListOf(
        (ref value) => Checks.TextOf(value) switch
        {
            null => $"{Checks.Quote(value)} is not a valid string",
            { Length: > MaxLength } => $"{Checks.Quote(value)} exceeds maximum length of {MaxLength}",
            _ => null,
        }, MaxTags);

    public static StandardResource Set(Draft draft, StandardResource resource, IEnumerable<string> tags)
    {
        var tagged = draft.Revised(resource with { Tags = [.. tags.Distinct(StringComparer.Ordinal)] });
        draft.Put(tagged);
        return tagged;
    }

    public static Fault? LimitFault(IReadOnlyCollection<string> tags) =>
        tags.Count <= MaxTags ? null : new(400, "BadRequest", $"Number of tags exceeds the maximum of {MaxTags}.");

    public static Fault NotFound(string tag) => new(404, "TagNotFound", $"Tag {tag} could not be found.");
}
