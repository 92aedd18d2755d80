namespace Demilune.Neutron;

/// <summary>Something the server can do beyond the core, as <c>/v2.0/extensions</c> announces it.</summary>
public sealed record Extension
{
    public string Alias { get; init; } = "";
    public string Name { get; init; } = "";
    public string Description { get; init; } = "";
    public string Updated { get; init; } = "";
    public IReadOnlyList<string> Links { get; init; } = [];
}
