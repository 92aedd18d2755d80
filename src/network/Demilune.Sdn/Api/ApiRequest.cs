using System.Text.Json.Nodes;

namespace Demilune.Sdn.Api;

/// <summary>A request to the Neutron API, free of HTTP.</summary>
internal sealed record ApiRequest(string Method, string Path)
{
    /// <summary>As it came; the handler bounds its size.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    public IReadOnlyList<KeyValuePair<string, string>> Query { get; init; } = [];

    public string? IfMatch { get; init; }

    public Caller Caller { get; init; } = new("", false);

    /// <summary>Scheme, host and path, for the links of a page: "http://127.0.0.1:9696/v2.0/ports".</summary>
    public string Url { get; init; } = "";
}

/// <summary>What goes back.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Body">Null: none.</param>
internal sealed record ApiAnswer(int Status, JsonNode? Body)
{
    public static ApiAnswer NoContent { get; } = new(204, null);

    public static ApiAnswer Of(Fault fault) => new(fault.Status, new JsonObject
    {
        ["NeutronError"] = new JsonObject { ["type"] = fault.Type, ["message"] = fault.Message, ["detail"] = "" },
    });
}
