using System.Text.Json.Nodes;

namespace Demilune.Local.Api;

/// <summary>DeleteOptions come in the body; older clients send them in the query.</summary>
internal static class Deletions
{
    public static DeletionOptions Read(JsonObject? body, IQueryCollection query)
    {
        var policy = body.Text("propagationPolicy") ?? (query["propagationPolicy"].ToString() is { Length: > 0 } asked ? asked : null);
        if (policy is not (null or "Background" or "Foreground" or "Orphan"))
            throw StatusException.BadRequest($"propagationPolicy: Unsupported value: \"{policy}\": supported values: \"Background\", \"Foreground\", \"Orphan\"");
        if (policy is null && (body.IsTrue("orphanDependents") || query["orphanDependents"] == "true")) policy = "Orphan";
        var grace = body.Number("gracePeriodSeconds") ?? ObjectReader.Number(query["gracePeriodSeconds"], "gracePeriodSeconds");
        if (grace < 0) throw StatusException.BadRequest($"gracePeriodSeconds: Invalid value: {grace}: must be 0 or more");
        return new DeletionOptions
        {
            GracePeriodSeconds = grace, PropagationPolicy = policy, Uid = body.Text("preconditions", "uid"), ResourceVersion = body.Text("preconditions", "resourceVersion"),
            DryRun = body.Items("dryRun").Any(item => item.Text() is "All") || query["dryRun"] == "All",
        };
    }
}
