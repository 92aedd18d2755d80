namespace Demilune.Local.Api;

/// <summary>A resource path taken apart: <c>/api/v1/namespaces/NS/pods/NAME/log</c> or <c>/apis/GROUP/VERSION/…</c>.</summary>
/// <param name="Namespace">Null when the path names none: all namespaces, or a cluster-scoped resource.</param>
/// <param name="Rest">What follows a subresource, as proxy paths have it; with its leading slash.</param>
internal sealed record RequestPath(string Group, string Version, string? Namespace, string Resource, string? Name, string? Subresource, string Rest)
{
    public static RequestPath? TryParse(string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var (group, version, rest) = parts switch
        {
            ["api", var v, .. var tail] => ("", v, tail),
            ["apis", var g, var v, .. var tail] => (g, v, tail),
            _ => ("", "", null),
        };
        if (rest is null or []) return null;
        string? ns = null;
        // /namespaces/NAME alone, and its subresources, are the namespace itself.
        if (rest is ["namespaces", var inside, var next, ..] && next is not ("status" or "finalize"))
        {
            ns = inside;
            rest = rest[2..];
        }
        var name = rest.Length > 1 ? rest[1] : null;
        var subresource = rest.Length > 2 ? rest[2] : null;
        var trailing = rest.Length > 3 ? "/" + string.Join('/', rest[3..]) : "";
        if (subresource is "proxy" && path.EndsWith('/')) trailing += "/";
        return new RequestPath(group, version, ns, rest[0], name, subresource, trailing);
    }
}
