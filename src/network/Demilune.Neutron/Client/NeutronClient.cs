using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Demilune.Neutron;

/// <summary>Neutron's REST API. Safe for concurrent use.</summary>
/// <param name="http">BaseAddress is the endpoint without version: "http://127.0.0.1:9696/". Its timeout is each attempt's.</param>
/// <param name="tokens">Where tokens come from.</param>
/// <param name="time">Waits between attempts.</param>
public sealed class NeutronClient(HttpClient http, ITokenSource tokens, TimeProvider time) : INeutron
{
    /// <summary>How often a request is sent that the server explicitly asks to send again.</summary>
    private const int MaxAttempts = 4;

    /// <summary>A longer Retry-After is the caller's queue's matter, not ours.</summary>
    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromSeconds(10);

    public async Task<Capabilities> DiscoverAsync(CancellationToken ct)
    {
        using var answer = await SendAsync(HttpMethod.Get, "extensions", null, null, ct);
        return new(Member(answer!, "extensions").EnumerateArray().Select(extension => extension.GetProperty("alias").GetString()!));
    }

    public async Task<IReadOnlyList<T>> ListAsync<T>(Query? query, CancellationToken ct) where T : Resource, IResource<T>
    {
        query ??= new();
        var found = new List<T>();
        string? marker = null;
        while (true)
        {
            using var page = await SendAsync(HttpMethod.Get, T.Kind.Path + query.ToQueryString(marker), null, null, ct);
            var before = found.Count;
            foreach (var item in Member(page!, T.Kind.Collection).EnumerateArray()) found.Add(Read(item, T.Kind.Json));
            // The next link's address is not followed: behind a proxy it may name a host that only the server can reach.
            if (found.Count == before || !HasNext(page!, T.Kind.Collection)) return found;
            marker = found[^1].Id;
        }
    }

    public async Task<T?> FindAsync<T>(string id, CancellationToken ct) where T : Resource, IResource<T>
    {
        try
        {
            using var answer = await SendAsync(HttpMethod.Get, $"{T.Kind.Path}/{id}", null, null, ct);
            return Read(Member(answer!, T.Kind.Member), T.Kind.Json);
        }
        catch (NeutronException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    public async Task<T> CreateAsync<T>(T resource, CancellationToken ct) where T : Resource, IResource<T>
    {
        using var answer = await SendAsync(HttpMethod.Post, T.Kind.Path, Body(T.Kind.Member, json => Write(json, resource)), null, ct);
        return Read(Member(answer!, T.Kind.Member), T.Kind.Json);
    }

    public async Task<IReadOnlyList<T>> CreateAsync<T>(IReadOnlyList<T> resources, CancellationToken ct) where T : Resource, IResource<T>
    {
        var made = new List<T>(resources.Count);
        if (resources.Count == 0) return made;
        if (!T.Kind.Bulk)
        {
            foreach (var resource in resources) made.Add(await CreateAsync(resource, ct));
            return made;
        }
        var body = Body(T.Kind.Collection, json =>
        {
            json.WriteStartArray();
            foreach (var resource in resources) Write(json, resource);
            json.WriteEndArray();
        });
        using var answer = await SendAsync(HttpMethod.Post, T.Kind.Path, body, null, ct);
        foreach (var item in Member(answer!, T.Kind.Collection).EnumerateArray()) made.Add(Read(item, T.Kind.Json));
        return made;
    }

    public async Task<T> UpdateAsync<T>(string id, T changes, CancellationToken ct, long? ifRevision = null) where T : Resource, IResource<T>
    {
        var body = Body(T.Kind.Member, json => Write(json, changes));
        using var answer = await SendAsync(HttpMethod.Put, $"{T.Kind.Path}/{id}", body, ifRevision, ct);
        return Read(Member(answer!, T.Kind.Member), T.Kind.Json);
    }

    public async Task<bool> DeleteAsync<T>(string id, CancellationToken ct) where T : Resource, IResource<T>
    {
        try
        {
            using var _ = await SendAsync(HttpMethod.Delete, $"{T.Kind.Path}/{id}", null, null, ct);
            return true;
        }
        catch (NeutronException e) when (e.IsNotFound)
        {
            return false;
        }
    }

    public Task<AddressGroup> AddAddressesAsync(string id, IReadOnlyList<string> addresses, CancellationToken ct) =>
        ChangeAddressesAsync(id, "add_addresses", addresses, ct);

    public Task<AddressGroup> RemoveAddressesAsync(string id, IReadOnlyList<string> addresses, CancellationToken ct) =>
        ChangeAddressesAsync(id, "remove_addresses", addresses, ct);

    public async Task SetTagsAsync<T>(string id, IReadOnlyList<string> tags, CancellationToken ct) where T : StandardResource, IResource<T>
    {
        using var _ = await SendAsync(HttpMethod.Put, $"{T.Kind.Path}/{id}/tags", Body("tags", json => WriteStrings(json, tags)), null, ct);
    }

    public async Task<QosRule> AddQosRuleAsync(string policyId, QosRule rule, CancellationToken ct)
    {
        var body = Body(rule.Type + "_rule", json => Write(json, rule));
        using var answer = await SendAsync(HttpMethod.Post, RulesPath(policyId, rule), body, null, ct);
        return Rule(answer!, rule);
    }

    public async Task<QosRule> ChangeQosRuleAsync(string policyId, QosRule rule, CancellationToken ct)
    {
        var body = Body(rule.Type + "_rule", json => Write(json, rule));
        using var answer = await SendAsync(HttpMethod.Put, $"{RulesPath(policyId, rule)}/{rule.Id}", body, null, ct);
        return Rule(answer!, rule);
    }

    public async Task<bool> RemoveQosRuleAsync(string policyId, QosRule rule, CancellationToken ct)
    {
        try
        {
            using var _ = await SendAsync(HttpMethod.Delete, $"{RulesPath(policyId, rule)}/{rule.Id}", null, null, ct);
            return true;
        }
        catch (NeutronException e) when (e.IsNotFound)
        {
            return false;
        }
    }

    private static string RulesPath(string policyId, QosRule rule) => $"qos/policies/{policyId}/{rule.Type}_rules";

    private static QosRule Rule(JsonDocument answer, QosRule asked) =>
        Read(Member(answer, asked.Type + "_rule"), NeutronJson.Default.QosRule) with { Type = asked.Type };

    public async Task<IReadOnlyList<QuotaUse>> QuotasAsync(string projectId, CancellationToken ct)
    {
        try
        {
            using var answer = await SendAsync(HttpMethod.Get, $"quotas/{projectId}/details.json", null, null, ct);
            var uses = new List<QuotaUse>();
            foreach (var kind in Member(answer!, "quota").EnumerateObject())
                if (Number(kind.Value, "limit") is { } limit && Number(kind.Value, "used") is { } used) uses.Add(new(kind.Name, limit, used + (Number(kind.Value, "reserved") ?? 0)));
            return uses;
        }
        catch (NeutronException e) when (e.IsNotFound || e.Status == HttpStatusCode.Forbidden)
        {
            return [];      // the extension quota_details is not there, or not for us
        }

        static int? Number(JsonElement element, string name) =>
            element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
            && value.TryGetInt32(out var number) ? number : null;
    }

    private async Task<AddressGroup> ChangeAddressesAsync(string id, string verb, IReadOnlyList<string> addresses, CancellationToken ct)
    {
        var body = Body("addresses", json => WriteStrings(json, addresses));
        using var answer = await SendAsync(HttpMethod.Put, $"{AddressGroup.Kind.Path}/{id}/{verb}", body, null, ct);
        return Read(Member(answer!, AddressGroup.Kind.Member), AddressGroup.Kind.Json);
    }

    /// <returns>Null if the answer has no body.</returns>
    private async Task<JsonDocument?> SendAsync(HttpMethod method, string path, byte[]? body, long? ifRevision, CancellationToken ct)
    {
        string? refused = null;
        for (var attempt = 1; ; attempt++)
        {
            var token = await tokens.GetTokenAsync(refused, ct);
            using var request = new HttpRequestMessage(method, await AddressAsync(path, ct));
            if (body is not null) request.Content = new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } };
            if (token is not null) request.Headers.Add("X-Auth-Token", token);
            if (ifRevision is not null) request.Headers.TryAddWithoutValidation("If-Match", $"revision_number={ifRevision}");
            try
            {
                using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
                if (response.IsSuccessStatusCode)
                {
                    if (response.StatusCode == HttpStatusCode.NoContent) return null;
                    await using var stream = await response.Content.ReadAsStreamAsync(ct);
                    return await JsonDocument.ParseAsync(stream, default, ct);
                }
                if (response.StatusCode == HttpStatusCode.Unauthorized && token is not null && refused is null)
                {
                    refused = token;
                    continue;
                }
                if (attempt >= MaxAttempts || Pause(method, response, attempt) is not { } wait || wait > MaxRetryAfter)
                    throw await ErrorAsync($"{method} {path.Split('?')[0]}", response, ct);
                await Task.Delay(wait, time, ct);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                throw new HttpRequestException($"{method} {path.Split('?')[0]} at {request.RequestUri?.Authority}: no answer within {http.Timeout.TotalSeconds:0} s");
            }
            catch (Exception failure) when (failure is HttpRequestException or IOException)
            {
                // Asking twice harms nobody; what makes or changes something may have been done before the answer was lost.
                if (method != HttpMethod.Get || attempt >= MaxAttempts)
                    throw new HttpRequestException($"{method} {path.Split('?')[0]} at {(request.RequestUri is { IsAbsoluteUri: true } to ? to : http.BaseAddress)?.Authority}: {failure.InnerException?.Message ?? failure.Message}", failure);
                await Task.Delay(Backoff(attempt), time, ct);
            }
        }
    }

    private async ValueTask<Uri> AddressAsync(string path, CancellationToken ct)
    {
        if (await tokens.GetEndpointAsync(ct) is not { } endpoint) return new("v2.0/" + path, UriKind.Relative);
        var root = endpoint.AbsoluteUri.TrimEnd('/');
        return new($"{(root.EndsWith("/v2.0", StringComparison.Ordinal) ? root : root + "/v2.0")}/{path}");
    }

    /// <summary>
    /// Null: not to be sent again. An explicit "later" proves that the server did nothing. A proxy that found no server, or a server that is
    /// overloaded and says not for how long, may still have done it: only what changes nothing is asked again.
    /// </summary>
    private TimeSpan? Pause(HttpMethod method, HttpResponseMessage response, int attempt) => response.StatusCode switch
    {
        HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable when response.Headers.RetryAfter is { } header =>
            header.Delta ?? (header.Date is { } at ? TimeSpan.FromTicks(Math.Max(0, (at - time.GetUtcNow()).Ticks)) : null),
        HttpStatusCode.TooManyRequests => Backoff(attempt),
        HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout when method == HttpMethod.Get => Backoff(attempt),
        _ => null,
    };

    /// <summary>200, 400, 800 ms and up to half as much again: many clients of one overloaded server must not come back together.</summary>
    private static TimeSpan Backoff(int attempt) => TimeSpan.FromMilliseconds((100 << attempt) * (1 + (Random.Shared.NextDouble() / 2)));

    private static async Task<NeutronException> ErrorAsync(string action, HttpResponseMessage response, CancellationToken ct)
    {
        var text = await response.Content.ReadAsStringAsync(ct);
        var requestId = response.Headers.TryGetValues("X-Openstack-Request-Id", out var ids) ? ids.FirstOrDefault() : null;
        var (type, message) = ParseError(text);
        return new(action, response.StatusCode, type, message ?? response.ReasonPhrase ?? "", requestId);
    }

    /// <summary>Neutron says {"NeutronError":{type,message,detail}}; Keystone's middleware {"error":{title,message}}; a proxy HTML.</summary>
    internal static (string Type, string? Message) ParseError(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            if (json.RootElement.ValueKind != JsonValueKind.Object) return ("", null);
            foreach (var member in json.RootElement.EnumerateObject())
            {
                if (member.Value.ValueKind == JsonValueKind.String) return ("", member.Value.GetString());
                if (member.Value.ValueKind != JsonValueKind.Object) continue;
                return (Text(member.Value, "type") ?? Text(member.Value, "title") ?? "", Text(member.Value, "message"));
            }
            return ("", null);
        }
        catch (JsonException)
        {
            return ("", null);
        }

        static string? Text(JsonElement element, string name) =>
            element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }

    private static bool HasNext(JsonDocument page, string collection) =>
        page.RootElement.TryGetProperty(collection + "_links", out var links)
        && links.EnumerateArray().Any(link => link.TryGetProperty("rel", out var rel) && rel.ValueEquals("next"));

    private static JsonElement Member(JsonDocument answer, string name) =>
        answer.RootElement.ValueKind == JsonValueKind.Object && answer.RootElement.TryGetProperty(name, out var member)
            ? member
            : throw new JsonException($"Neutron's answer has no \"{name}\": is the endpoint really Neutron's?");

    private static T Read<T>(JsonElement element, JsonTypeInfo<T> type) =>
        element.Deserialize(type) ?? throw new JsonException("Neutron's answer holds null where an object must be.");

    private static byte[] Body(string member, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WritePropertyName(member);
            write(json);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    private static void Write<T>(Utf8JsonWriter json, T resource) where T : Resource, IResource<T>
    {
        json.WriteStartObject();
        foreach (var member in JsonSerializer.SerializeToElement(resource, T.Kind.Json).EnumerateObject())
            if (!IsReadOnly<T>(member.Name)) member.WriteTo(json);
        json.WriteEndObject();
    }

    private static bool IsReadOnly<T>(string attribute) where T : Resource, IResource<T> =>
        attribute is "id" or "created_at" or "updated_at" or "revision_number" || T.Kind.ReadOnly.Contains(attribute);

    private static void WriteStrings(Utf8JsonWriter json, IReadOnlyList<string> values)
    {
        json.WriteStartArray();
        foreach (var value in values) json.WriteStringValue(value);
        json.WriteEndArray();
    }
}
