using System.Text.Json.Nodes;
using Demilune.Local.Schemas;
using Demilune.Local.Tables;

namespace Demilune.Local.Resources;

/// <summary>One resource in one version: what discovery says of it and how its objects behave.</summary>
internal sealed record ResourceType(string Group, string Version, string Kind, string Plural, bool Namespaced)
{
    public string Singular { get; init; } = Kind.ToLowerInvariant();

    public string ListKind { get; init; } = Kind + "List";

    public IReadOnlyList<string> ShortNames { get; init; } = [];

    public IReadOnlyList<string> Categories { get; init; } = [];

    /// <summary>Subresources besides status, as discovery lists them: name, kind, API version (empty: the resource's own), verbs.</summary>
    public IReadOnlyList<SubresourceType> Subresources { get; init; } = [];

    /// <summary>The status is written through its own subresource only, and never by writes to the object.</summary>
    public bool HasStatus { get; init; }

    /// <summary>metadata.generation counts changes of what the user asked for.</summary>
    public bool HasGeneration { get; init; }

    /// <summary>Defined by a CustomResourceDefinition: its schema defaults and validates, strategic merge patch is not offered.</summary>
    public bool IsCustom { get; init; }

    /// <summary>The resource may only be asked questions (reviews): create, nothing is stored.</summary>
    public bool IsReview { get; init; }

    public required Schema Schema { get; init; }

    public IReadOnlyList<Column> Columns { get; init; } = [Column.Age];

    public KindRules Rules { get; init; } = KindRules.None;

    /// <summary>The name storage and errors use: <c>pods</c>, <c>deployments.apps</c>.</summary>
    public string GroupResource { get; } = Group.Length is 0 ? Plural : $"{Plural}.{Group}";

    /// <summary>Where the objects are kept; two resources may share it (events of both groups).</summary>
    public string Storage { get; init; } = Group.Length is 0 ? Plural : $"{Plural}.{Group}";

    /// <summary>From the stored form to this version's, when they differ by more than apiVersion; null: no difference.</summary>
    public Action<JsonObject>? FromStored { get; init; }

    /// <summary>The inverse of <see cref="FromStored"/>.</summary>
    public Action<JsonObject>? ToStored { get; init; }

    /// <summary>The apiVersion objects are stored with; another served version is converted on the way (strategy None: only the name changes).</summary>
    public string StoredApiVersion { get; init; } = Group.Length is 0 ? Version : $"{Group}/{Version}";

    public string ApiVersion { get; } = Group.Length is 0 ? Version : $"{Group}/{Version}";

    public bool NeedsConversion => FromStored is not null || StoredApiVersion != ApiVersion;

    /// <summary>Fields besides metadata.name and metadata.namespace that a field selector may name.</summary>
    public IReadOnlyList<string> SelectableFields { get; init; } = [];
}

internal sealed record SubresourceType(string Name, string Kind, string Group, string Version, params string[] Verbs);
