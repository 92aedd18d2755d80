namespace Demilune.Local.Api;

/// <summary>How a write asks to be treated: its query parameters.</summary>
internal sealed class WriteOptions
{
    /// <summary>Characters of a field manager's name, as in Kubernetes.</summary>
    public const int MaxFieldManager = 128;

    public bool DryRun { get; init; }

    /// <summary>Strict refuses unknown fields, Warn names them in Warning headers, Ignore drops them silently. Requests that do not say mean Warn.</summary>
    public string FieldValidation { get; init; } = "Ignore";

    /// <summary>Who the written fields belong to.</summary>
    public string FieldManager { get; init; } = "unknown";

    /// <summary>A server-side apply may take fields from other managers.</summary>
    public bool Force { get; init; }

    /// <summary>Written through this subresource; null: through the object itself.</summary>
    public string? Subresource { get; init; }

    /// <summary>For the user's eyes: sent as Warning headers.</summary>
    public List<string> Warnings { get; } = [];

    public static WriteOptions From(HttpRequest request, string? subresource = null)
    {
        var query = request.Query;
        if (query.TryGetValue("dryRun", out var dryRun) && dryRun is not [null or "" or "All"])
            throw StatusException.BadRequest($"Invalid value: dryRun: Unsupported value: \"{dryRun}\": supported values: \"All\"");
        if (query["fieldValidation"].ToString() is { Length: > 0 } validation && validation is not ("Strict" or "Warn" or "Ignore"))
            throw StatusException.BadRequest($"fieldValidation: Unsupported value: \"{validation}\": supported values: \"Ignore\", \"Strict\", \"Warn\"");
        var manager = query["fieldManager"].ToString();
        if (manager.Length > MaxFieldManager) throw StatusException.BadRequest($"fieldManager: Too long: may not be more than {MaxFieldManager} bytes");
        // Without a name the program's is taken, as Kubernetes does: the user agent up to the first slash.
        if (manager.Length is 0) manager = request.Headers.UserAgent.ToString().Split('/')[0];
        if (manager.Length is 0) manager = "unknown";
        return new WriteOptions
        {
            DryRun = query["dryRun"] == "All",
            FieldValidation = query["fieldValidation"].ToString() is { Length: > 0 } mode ? mode : "Warn",
            FieldManager = manager.Length > MaxFieldManager ? manager[..MaxFieldManager] : manager,
            Force = query["force"] == "true", Subresource = subresource,
        };
    }
}

/// <summary>How a deletion asks to be treated: meta/v1 DeleteOptions, from the body or the query.</summary>
internal sealed record DeletionOptions
{
    public long? GracePeriodSeconds { get; init; }

    /// <summary>Background, Foreground or Orphan; null: Background.</summary>
    public string? PropagationPolicy { get; init; }

    public string? Uid { get; init; }

    public string? ResourceVersion { get; init; }

    public bool DryRun { get; init; }
}
