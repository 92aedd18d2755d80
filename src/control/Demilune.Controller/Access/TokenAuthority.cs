using Demilune.Console.Access;
using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.Crds;
using k8s.Models;

namespace Demilune.Controller.Access;

/// <summary>Asks the cluster whose a token is, and what its owner may: no users of our own, no passwords of our own.</summary>
internal sealed class TokenAuthority(KubernetesApi api) : ITokenAuthority
{
    private static readonly ResourceType TokenReviews = new("authentication.k8s.io", "v1", "tokenreviews", "TokenReview", Namespaced: false);
    private static readonly ResourceType AccessReviews = new("authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview", Namespaced: false);

    public async Task<Visitor?> RecogniseAsync(string token, CancellationToken cancel)
    {
        try
        {
            var review = await api.CreateAsync(TokenReviews, new V1TokenReview
            {
                ApiVersion = TokenReviews.ApiVersion, Kind = TokenReviews.Kind, Metadata = new(), Spec = new() { Token = token },
            }, cancel);
            if (review.Status is not { Authenticated: true, User: { Username: { Length: > 0 } name } user }) return null;
            if (await MayAsync(user, "update", cancel)) return new(name, Role.Administrator);
            return await MayAsync(user, "list", cancel) ? new(name, Role.Reader) : null;
        }
        catch (Exception error) when (error is ApiException or HttpRequestException or TimeoutException or IOException)
        {
            throw new TokenAuthorityException($"the API server cannot say whose the token is: {error.Message}", error);
        }
    }

    /// <summary>Who may change what is inspected may act here, who may see it may look: one thing to grant, and it is there already.</summary>
    private async Task<bool> MayAsync(V1UserInfo user, string verb, CancellationToken cancel)
    {
        var review = await api.CreateAsync(AccessReviews, new V1SubjectAccessReview
        {
            ApiVersion = AccessReviews.ApiVersion, Kind = AccessReviews.Kind, Metadata = new(),
            Spec = new()
            {
                User = user.Username, Uid = user.Uid, Groups = user.Groups, Extra = user.Extra,
                ResourceAttributes = new() { Group = SecurityPolicy.Resource.Group, Resource = SecurityPolicy.Resource.Plural, Verb = verb },
            },
        }, cancel);
        return review.Status is { Allowed: true };
    }
}
