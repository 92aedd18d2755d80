using System.Text;

namespace Demilune.Neutron;

/// <summary>Which objects of a list, and which of their attributes. A name given twice means either value.</summary>
public sealed record Query
{
    /// <summary>Attribute and value, in the server's words: ("device_owner", "demilune:pod"), ("tags", "a,b").</summary>
    public IReadOnlyList<(string Name, string Value)> Filters { get; init; } = [];

    /// <summary>Attributes to return; empty: all. "id" is always asked for.</summary>
    public IReadOnlyList<string> Fields { get; init; } = [];

    /// <summary>Objects per request. Default 1,000: about a megabyte of ports.</summary>
    public int PageSize { get; init; } = 1_000;

    /// <summary>Objects with this attribute.</summary>
    public static Query Where(string name, string value) => new() { Filters = [(name, value)] };

    /// <summary>Objects that carry this tag.</summary>
    public static Query Tagged(string tag) => Where("tags", tag);

    /// <summary>Further attribute that must hold.</summary>
    public Query And(string name, string value) => this with { Filters = [.. Filters, (name, value)] };

    internal string ToQueryString(string? marker)
    {
        var text = new StringBuilder("?limit=").Append(PageSize);
        foreach (var (name, value) in Filters) Append(name, value);
        if (Fields.Count > 0)
            foreach (var field in Fields.Append("id").Distinct()) Append("fields", field);
        if (marker is not null) Append("marker", marker);
        return text.ToString();

        void Append(string name, string value) =>
            text.Append('&').Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value));
    }
}
