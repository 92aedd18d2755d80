namespace Demilune.Kubernetes.Crds;

/// <summary>Marks a C# type as a custom resource; <see cref="CrdGenerator"/> makes its definition from it.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class CustomResourceAttribute(string plural, string kind, bool namespaced, params string[] shortNames) : Attribute
{
    public string Plural { get; } = plural;

    public string Kind { get; } = kind;

    public bool Namespaced { get; } = namespaced;

    public IReadOnlyList<string> ShortNames { get; } = shortNames;

    /// <summary>The API group, if it is somebody else's.</summary>
    public string Group { get; set; } = Crds.Group.Name;

    public string Version { get; set; } = "v1alpha1";
}

/// <summary>A column of kubectl get, in the order given.</summary>
/// <param name="name">The header.</param>
/// <param name="type">string, integer, boolean or date.</param>
/// <param name="path">JSONPath of Kubernetes' flavour, from the object's root.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class PrinterColumnAttribute(string name, string type, string path) : Attribute
{
    public string Name { get; } = name;

    public string Type { get; } = type;

    public string Path { get; } = path;

    /// <summary>Shown by -o wide only.</summary>
    public bool Wide { get; set; }
}

/// <summary>Exactly one of the type's members has to be there.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ExactlyOneMemberAttribute : Attribute;

/// <summary>A list whose elements are told apart by a member, so that several writers may own one each.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ListKeyAttribute(string member) : Attribute
{
    public string Member { get; } = member;
}
