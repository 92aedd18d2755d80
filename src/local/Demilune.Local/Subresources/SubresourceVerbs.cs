using Demilune.Local.Api;
using Demilune.Local.Resources;

namespace Demilune.Local.Subresources;

/// <summary>Subresources that are more than a part of the object.</summary>
internal sealed class SubresourceVerbs
{
    public static Task RunAsync(HttpContext http, ResourceType type, RequestPath target) => throw StatusException.NoSuchPath();
}
