using System.Text.Json.Nodes;
using Demilune.Local.Resources;

namespace Demilune.Local.Access;

/// <summary>Answers questions about identity and permission. Whoever is known may do everything: the local cluster has one user, its owner.</summary>
internal sealed class Reviews(ServiceAccountTokens tokens)
{
    public JsonObject Answer(ResourceType type, JsonObject review, User user)
    {
        review["kind"] = type.Kind;
        review["apiVersion"] = type.ApiVersion;
        review["status"] = type.Kind switch
        {
            "TokenReview" => Verify(review.Text("spec", "token") ?? "", [.. review.Items("spec", "audiences").Select(audience => audience.Text() ?? "")]),
            "SelfSubjectReview" => new JsonObject { ["userInfo"] = Describe(user) },
            "SelfSubjectRulesReview" => new JsonObject
            {
                ["incomplete"] = false,
                ["resourceRules"] = new JsonArray(new JsonObject { ["verbs"] = new JsonArray("*"), ["apiGroups"] = new JsonArray("*"), ["resources"] = new JsonArray("*") }),
                ["nonResourceRules"] = new JsonArray(new JsonObject { ["verbs"] = new JsonArray("*"), ["nonResourceURLs"] = new JsonArray("*") }),
            },
            _ => new JsonObject { ["allowed"] = true, ["reason"] = "the local cluster allows everything to whom it knows" },
        };
        return review;
    }

    private JsonObject Verify(string token, string[] audiences) =>
        tokens.Verify(token, audiences is [] ? null : audiences) is { } user
            ? new() { ["authenticated"] = true, ["user"] = Describe(user), ["audiences"] = new JsonArray([.. (audiences is [] ? [ServiceAccountTokens.Issuer] : audiences).Select(audience => (JsonNode)audience)]) }
            : new() { ["authenticated"] = false, ["error"] = "the token is not one of this cluster, or not good any more" };

    private static JsonObject Describe(User user)
    {
        var described = new JsonObject { ["username"] = user.Name, ["groups"] = new JsonArray([.. user.Groups.Select(group => (JsonNode)group)]) };
        if (user.Uid.Length > 0) described["uid"] = user.Uid;
        if (user.Pod is { } pod)
            described["extra"] = new JsonObject { ["authentication.kubernetes.io/pod-name"] = new JsonArray(pod.Name), ["authentication.kubernetes.io/pod-uid"] = new JsonArray(pod.Uid) };
        return described;
    }
}
