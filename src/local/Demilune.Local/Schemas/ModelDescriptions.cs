using System.Collections.Frozen;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml;

namespace Demilune.Local.Schemas;

/// <summary>Descriptions for kubectl explain, from the documentation file that the official client ships beside its assembly.</summary>
/// <remarks>Read once, on the first explain (20 MB, a fifth of a second); without the file there are no descriptions and nothing else changes.</remarks>
internal static partial class ModelDescriptions
{
    private static readonly Lazy<FrozenDictionary<string, string>> ByMember = new(Read);

    public static string? Of(Type type) => ByMember.Value.GetValueOrDefault($"T:{type.FullName}");

    public static string? Of(PropertyInfo property) => ByMember.Value.GetValueOrDefault($"P:{property.DeclaringType!.FullName}.{property.Name}");

    private static FrozenDictionary<string, string> Read()
    {
        var file = Path.Combine(AppContext.BaseDirectory, "KubernetesClient.Aot.xml");
        if (!File.Exists(file)) return FrozenDictionary<string, string>.Empty;
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        using var reader = XmlReader.Create(file);
        string? member = null;
        while (reader.Read())
        {
            if (reader is { NodeType: XmlNodeType.Element, Name: "member" }) member = reader.GetAttribute("name");
            else if (member is not null && reader is { NodeType: XmlNodeType.Element, Name: "summary" } && member.Contains("k8s.Models.", StringComparison.Ordinal) && member[0] is 'T' or 'P')
                found[member] = Blanks().Replace(reader.ReadElementContentAsString(), " ").Trim();
        }
        return found.ToFrozenDictionary(StringComparer.Ordinal);
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
