using System.Collections.Frozen;

namespace Demilune.Local.Resources;

/// <summary>Every resource the server has right now. Replaced whole when a CustomResourceDefinition comes, changes or goes.</summary>
internal sealed class CatalogSnapshot
{
    private readonly FrozenDictionary<(string Group, string Version, string Plural), ResourceType> _byPath;

    public CatalogSnapshot(IReadOnlyList<ResourceType> types)
    {
        Types = types;
        _byPath = types.ToFrozenDictionary(type => (type.Group, type.Version, type.Plural));
        Groups = [.. types.GroupBy(type => type.Group).Select(group => new ApiGroup(group.Key, [.. group.Select(type => type.Version).Distinct().OrderDescending(VersionOrder.Instance)]))
            .OrderBy(group => group.Name, StringComparer.Ordinal)];
    }

    public IReadOnlyList<ResourceType> Types { get; }

    public IReadOnlyList<ApiGroup> Groups { get; }

    public ResourceType? Find(string group, string version, string plural) => _byPath.GetValueOrDefault((group, version, plural));

    /// <summary>Any version of a group's kind: what owner references and controllers need.</summary>
    public ResourceType? FindKind(string group, string kind) => Types.FirstOrDefault(type => type.Group == group && type.Kind == kind && !type.IsReview);

    public ResourceType? FindStorage(string groupResource) => Types.FirstOrDefault(type => type.GroupResource == groupResource);
}

/// <summary>An API group and its versions, the preferred one first.</summary>
internal sealed record ApiGroup(string Name, IReadOnlyList<string> Versions);

/// <summary>Kubernetes' version priority: GA before beta before alpha, then higher numbers first; names that are no versions last.</summary>
internal sealed class VersionOrder : IComparer<string>
{
    public static VersionOrder Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        var (a, b) = (Rank(x ?? ""), Rank(y ?? ""));
        return a.CompareTo(b) is not 0 and var order ? order : string.CompareOrdinal(y, x);
    }

    private static (int Stability, int Major, int Minor) Rank(string version)
    {
        var match = System.Text.RegularExpressions.Regex.Match(version, @"^v(\d{1,6})((alpha|beta)(\d{1,6}))?$");
        if (!match.Success) return (0, 0, 0);
        var stability = match.Groups[3].Value switch { "alpha" => 1, "beta" => 2, _ => 3 };
        return (stability, int.Parse(match.Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture),
            match.Groups[4].Success ? int.Parse(match.Groups[4].ValueSpan, System.Globalization.CultureInfo.InvariantCulture) : 0);
    }
}

/// <summary>Holds the current <see cref="CatalogSnapshot"/>: built-in kinds and those of established CRDs.</summary>
internal sealed class Catalog
{
    private volatile CatalogSnapshot _current = new(BuiltinResources.All);

    public CatalogSnapshot Current => _current;

    public void ReplaceCustom(IEnumerable<ResourceType> custom) => _current = new CatalogSnapshot([.. BuiltinResources.All, .. custom]);
}
