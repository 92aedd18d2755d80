using System.Text.Json.Nodes;

namespace Demilune.Local.Api;

/// <summary>Collects what is wrong with an object, worded as Kubernetes words it.</summary>
internal sealed class Causes
{
    /// <summary>Beyond this many the rest is left out: an answer must not be larger than the mistake.</summary>
    public const int Max = 100;

    private readonly List<Cause> _all = [];

    public IReadOnlyList<Cause> All => _all;

    public bool Any => _all.Count > 0;

    public void Required(string field, string? detail = null) => Add(field, "FieldValueRequired", detail is null ? "Required value" : $"Required value: {detail}");

    public void Invalid(string field, JsonNode? value, string detail) => Add(field, "FieldValueInvalid", $"Invalid value: {Quote(value)}: {detail}");

    public void TypeInvalid(string field, JsonNode? value, string detail) => Add(field, "FieldValueTypeInvalid", $"Invalid value: {Quote(value)}: {detail}");

    public void Duplicate(string field, JsonNode? value) => Add(field, "FieldValueDuplicate", $"Duplicate value: {Quote(value)}");

    public void Forbidden(string field, string detail) => Add(field, "FieldValueForbidden", $"Forbidden: {detail}");

    public void NotFound(string field, JsonNode? value) => Add(field, "FieldValueNotFound", $"Not found: {Quote(value)}");

    public void TooLong(string field, long max) => Add(field, "FieldValueTooLong", $"Too long: may not be more than {max} bytes");

    public void TooMany(string field, long actual, long max) => Add(field, "FieldValueTooMany", $"Too many: {actual}: must have at most {max} items");

    public void NotSupported(string field, JsonNode? value, IEnumerable<string> supported) =>
        Add(field, "FieldValueNotSupported", $"Unsupported value: {Quote(value)}: supported values: {string.Join(", ", supported.Select(s => $"\"{s}\""))}");

    private void Add(string field, string reason, string message)
    {
        if (_all.Count < Max) _all.Add(new Cause(field, reason, message));
    }

    private static string Quote(JsonNode? value)
    {
        var text = JsonText.Text(value);
        return text.Length <= 200 ? text : text[..200] + "…";
    }
}
