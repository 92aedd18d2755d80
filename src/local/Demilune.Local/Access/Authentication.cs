using System.Security.Cryptography.X509Certificates;
using Demilune.Local.Api;

namespace Demilune.Local.Access;

/// <summary>Who asks: a client certificate of the cluster's authority, or a service account's bearer token. Whoever is known may do everything.</summary>
internal sealed class Authentication(ClusterAuthority authority, ServiceAccountTokens tokens)
{
    /// <exception cref="StatusException">401: neither, or not good any more.</exception>
    public User Identify(HttpContext http)
    {
        // A token that was sent is judged; it never falls back on the certificate.
        if (http.Request.Headers.Authorization.ToString() is { Length: > 0 } header)
        {
            var token = header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header[7..].Trim() : "";
            return tokens.Verify(token) ?? throw Unauthorized();
        }
        if (http.Connection.ClientCertificate is { } certificate && authority.Trusts(certificate)) return FromCertificate(certificate);
        throw Unauthorized();
    }

    private static User FromCertificate(X509Certificate2 certificate)
    {
        string? name = null;
        var groups = new List<string>();
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames())
        {
            if (part.HasMultipleElements) continue;
            if (part.GetSingleElementType().Value is "2.5.4.3") name = part.GetSingleElementValue();
            else if (part.GetSingleElementType().Value is "2.5.4.10" && part.GetSingleElementValue() is { } group) groups.Add(group);
        }
        return new User(name ?? throw Unauthorized(), "", [.. groups, "system:authenticated"]);
    }

    private static StatusException Unauthorized() => new(401, "Unauthorized", "Unauthorized");
}
