using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Demilune.Sdn.Tests.Oracle;

/// <summary>What came back, ready to be compared and written.</summary>
internal sealed record Exchange(string Request, IReadOnlyList<string> Answers);

/// <summary>Plays a script against a Neutron, real or ours, and puts everything away again.</summary>
/// <param name="neutron">Its address, without version.</param>
/// <param name="tokens">By role.</param>
/// <param name="projects">Ids by role.</param>
internal sealed partial class Player(HttpClient neutron, IReadOnlyDictionary<string, string> tokens, IReadOnlyDictionary<string, string> projects)
{
    private readonly Dictionary<string, JsonNode> _made = [];
    private readonly Dictionary<string, string> _names = [];
    private readonly Stack<(string Path, string Id)> _litter = new();

    public async Task<IReadOnlyList<Exchange>> PlayAsync(IEnumerable<Step> steps)
    {
        foreach (var (role, id) in projects) _names[id] = $"${{project.{role}}}";
        _names["00000000-0000-4000-8000-000000000000"] = "$absent";
        var exchanges = new List<Exchange>();
        try
        {
            foreach (var step in steps) exchanges.Add(await PlayAsync(step));
        }
        finally
        {
            await TidyAsync();
        }
        return exchanges;
    }

    private async Task<Exchange> PlayAsync(Step step)
    {
        var path = Filled(step.Path);
        var body = step.Body is null ? null : Filled(step.Body);
        var match = step.IfMatch is null ? null : Filled(step.IfMatch);
        var before = _litter.Count;
        var answers = await Task.WhenAll(Enumerable.Range(0, step.Times).Select(_ => SendAsync(step.Role, step.Method, path, body, match)));
        foreach (var (status, answer) in answers)
            if (status is 200 or 201 && answer is JsonObject whole && (step.Method == "POST" || step.Name is not null)) Remember(step, path, whole);
        var texts = answers.Select(answer => Written(answer.Status, answer.Body, path + body)).Order(StringComparer.Ordinal).ToList();
        while (step.Discard && _litter.Count > before && _litter.TryPop(out var made)) await DeleteAsync(made.Path, made.Id);
        return new(step.ToString(), texts);
    }

    private void Remember(Step step, string path, JsonObject answer)
    {
        // add_router_interface and trunks' verbs answer without a wrapper: what they are about was made before.
        var objects = answer.FirstOrDefault().Value switch
        {
            JsonObject one => [one],
            JsonArray many => many.OfType<JsonObject>(),
            _ => [],
        };
        var number = 0;
        foreach (var made in objects)
        {
            if (made["id"]?.GetValue<string>() is not { } id) continue;
            if (step.Name is not null)
            {
                var name = number++ == 0 ? step.Name : $"{step.Name}{number}";
                _made[name] = made.DeepClone();
                _names[id] = "$" + name;
            }
            if (step.Method == "POST") _litter.Push((path.Split('?')[0], id));
        }
    }

    private string Written(int status, JsonNode? body, string request)
    {
        if (body is JsonObject { Count: 1 } error && error.First() is { Key: "NeutronError" or "NotImplementedError" } refusal)
            return refusal.Value is JsonObject said
                ? $"{status} {said["type"]}: {Text.Named(said["message"]!.ToString().ReplaceLineEndings(" "), _names)}"
                : $"{status} {refusal.Key}";
        return $"{status} {Text.Normal(body, _names, request, request.Contains("sort_key=", StringComparison.Ordinal))?.ToJsonString(Text.Plain)}".TrimEnd();
    }

    private async Task<(int Status, JsonNode? Body)> SendAsync(string role, string method, string path, string? body, string? ifMatch = null)
    {
        using var request = new HttpRequestMessage(new(method), "v2.0/" + path);
        if (tokens.TryGetValue(role, out var token)) request.Headers.Add("X-Auth-Token", token);
        if (ifMatch is not null) request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        if (body is not null) request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using var response = await neutron.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        try
        {
            return ((int)response.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text));
        }
        catch (System.Text.Json.JsonException)
        {
            return ((int)response.StatusCode, JsonValue.Create("(no JSON)"));
        }
    }

    /// <summary>$name: its id; ${name.member.0.member}: a value of it.</summary>
    private string Filled(string text) => Reference().Replace(text, match =>
    {
        var parts = (match.Groups[1].Success ? match.Groups[1].Value : match.Groups[2].Value).Split('.');
        if (parts is ["project", var role]) return projects[role];
        if (parts is ["absent"]) return "00000000-0000-4000-8000-000000000000";
        if (!_made.TryGetValue(parts[0], out var found)) return $"00000000-0000-4000-8000-00000000dead";
        foreach (var part in parts is [_] ? ["id"] : parts[1..])
            found = int.TryParse(part, out var index) ? found![index]! : found![part]!;
        return found!.ToString();
    });

    private async Task TidyAsync()
    {
        var again = new List<(string, string)>();
        while (_litter.TryPop(out var one))
            if (!await DeleteAsync(one.Path, one.Id))
                again.Add(one);
        foreach (var (path, id) in again) await DeleteAsync(path, id);
    }

    private async Task<bool> DeleteAsync(string path, string id)
    {
        if (path == "routers")
        {
            await SendAsync("admin", "PUT", $"routers/{id}", """{"router":{"routes":[]}}""");
            var (_, ports) = await SendAsync("admin", "GET", $"ports?device_id={id}&device_owner=network:router_interface&fields=id", null);
            foreach (var port in ports?["ports"]?.AsArray() ?? [])
                await SendAsync("admin", "PUT", $"routers/{id}/remove_router_interface", $$"""{"port_id":"{{port!["id"]}}"}""");
        }
        var (status, _) = await SendAsync("admin", "DELETE", $"{path}/{id}", null);
        return status is 204 or 404;
    }

    [GeneratedRegex(@"\$\{([a-zA-Z0-9_.:-]+)\}|\$([a-zA-Z][a-zA-Z0-9_-]*)")]
    private static partial Regex Reference();
}
