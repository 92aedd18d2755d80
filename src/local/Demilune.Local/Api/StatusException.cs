using System.Text.Json.Nodes;

namespace Demilune.Local.Api;

/// <summary>One thing wrong with one field, as a Status lists it under details.causes.</summary>
/// <param name="Reason">FieldValueRequired, FieldValueInvalid, FieldValueDuplicate, FieldValueNotSupported, FieldValueForbidden, FieldValueTypeInvalid, …</param>
internal sealed record Cause(string Field, string Reason, string Message);

/// <summary>An answer other than success, as Kubernetes words it: code, reason, message, details.</summary>
internal sealed class StatusException(int code, string reason, string message, JsonObject? details = null) : Exception(message)
{
    public int Code { get; } = code;

    public string Reason { get; } = reason;

    public JsonObject ToStatus()
    {
        var status = new JsonObject
        {
            ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonObject(), ["status"] = "Failure",
            ["message"] = Message, ["reason"] = Reason, ["code"] = Code,
        };
        if (details is not null) status["details"] = details.DeepClone();
        return status;
    }

    public static StatusException BadRequest(string message) => new(400, "BadRequest", message);

    public static StatusException NotFound(string groupResource, string name) =>
        new(404, "NotFound", $"{groupResource} \"{name}\" not found", Details(groupResource, name));

    public static StatusException NoSuchPath() => new(404, "NotFound", "the server could not find the requested resource", []);

    public static StatusException AlreadyExists(string groupResource, string name) =>
        new(409, "AlreadyExists", $"{groupResource} \"{name}\" already exists", Details(groupResource, name));

    public static StatusException Conflict(string groupResource, string name, string why) =>
        new(409, "Conflict", $"Operation cannot be fulfilled on {groupResource} \"{name}\": {why}", Details(groupResource, name));

    public static StatusException Modified(string groupResource, string name) =>
        Conflict(groupResource, name, "the object has been modified; please apply your changes to the latest version and try again");

    public static StatusException Forbidden(string groupResource, string name, string why, JsonArray? causes = null)
    {
        var details = Details(groupResource, name);
        if (causes is not null) details["causes"] = causes;
        return new(403, "Forbidden", $"{groupResource} \"{name}\" is forbidden: {why}", details);
    }

    public static StatusException Expired(string message) => new(410, "Expired", message);

    public static StatusException MethodNotAllowed() => new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", []);

    public static StatusException UnsupportedMediaType(string offered, params string[] supported) =>
        new(415, "UnsupportedMediaType", $"the body of the request was in an unknown format - accepted media types include: {string.Join(", ", supported)} (got {offered})");

    public static StatusException Unavailable(string message) => new(503, "ServiceUnavailable", message);

    /// <summary>422 with every cause in the message, so that kubectl shows them all.</summary>
    public static StatusException Invalid(string group, string kind, string name, IReadOnlyList<Cause> causes)
    {
        var lines = causes.Select(cause => cause.Field.Length is 0 ? cause.Message : $"{cause.Field}: {cause.Message}").ToArray();
        var text = lines.Length is 1 ? lines[0] : $"[{string.Join(", ", lines)}]";
        var details = new JsonObject { ["name"] = name, ["kind"] = kind };
        if (group.Length > 0) details["group"] = group;
        details["causes"] = new JsonArray([.. causes.Select(cause => new JsonObject { ["reason"] = cause.Reason, ["message"] = cause.Message, ["field"] = cause.Field })]);
        return new(422, "Invalid", $"{kind}{(group.Length > 0 ? "." + group : "")} \"{name}\" is invalid: {text}", details);
    }

    private static JsonObject Details(string groupResource, string name)
    {
        var (resource, group) = groupResource.Split('.', 2) is [var left, var right] ? (left, right) : (groupResource, "");
        var details = new JsonObject { ["name"] = name };
        if (group.Length > 0) details["group"] = group;
        details["kind"] = resource;
        return details;
    }
}
