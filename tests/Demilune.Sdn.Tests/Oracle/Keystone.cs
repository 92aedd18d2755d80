using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Demilune.Sdn.Tests.Oracle;

/// <summary>As much of a Keystone's client as the oracle needs.</summary>
/// <param name="http">BaseAddress ends with "/v3/".</param>
internal sealed class Keystone(HttpClient http)
{
    public async Task<(string Token, string Project)> LoginAsync(string user, string password, string project)
    {
        var domain = new JsonObject { ["id"] = "default" };
        using var response = await http.PostAsync("auth/tokens", Json(new()
        {
            ["auth"] = new JsonObject
            {
                ["identity"] = new JsonObject
                {
                    ["methods"] = new JsonArray("password"),
                    ["password"] = new JsonObject { ["user"] = new JsonObject { ["name"] = user, ["domain"] = domain.DeepClone(), ["password"] = password } },
                },
                ["scope"] = new JsonObject { ["project"] = new JsonObject { ["name"] = project, ["domain"] = domain } },
            },
        }));
        Assert.True(response.IsSuccessStatusCode, $"Keystone refused {user}: {(int)response.StatusCode}");
        var token = await response.Content.ReadFromJsonAsync<JsonObject>();
        return (response.Headers.GetValues("X-Subject-Token").Single(), token!["token"]!["project"]!["id"]!.GetValue<string>());
    }

    /// <summary>A project with a user of its own in it.</summary>
    public async Task AddAsync(string adminToken, string name, string password, string role)
    {
        var project = await PostAsync("projects", new() { ["project"] = new JsonObject { ["name"] = name, ["domain_id"] = "default" } });
        var user = await PostAsync("users", new() { ["user"] = new JsonObject { ["name"] = name, ["domain_id"] = "default", ["password"] = password } });
        using var listing = new HttpRequestMessage(HttpMethod.Get, "roles?name=" + role) { Headers = { { "X-Auth-Token", adminToken } } };
        using var roles = await http.SendAsync(listing);
        var id = (await roles.Content.ReadFromJsonAsync<JsonObject>())!["roles"]![0]!["id"];
        using var granting = new HttpRequestMessage(HttpMethod.Put, $"projects/{project}/users/{user}/roles/{id}") { Headers = { { "X-Auth-Token", adminToken } } };
        using var granted = await http.SendAsync(granting);
        granted.EnsureSuccessStatusCode();

        async Task<string> PostAsync(string path, JsonObject body)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Headers = { { "X-Auth-Token", adminToken } }, Content = Json(body) };
            using var response = await http.SendAsync(request);
            response.EnsureSuccessStatusCode();
            return (await response.Content.ReadFromJsonAsync<JsonObject>())!.First().Value!["id"]!.GetValue<string>();
        }
    }

    /// <summary>With a length: uwsgi takes no chunks.</summary>
    private static StringContent Json(JsonObject body) => new(body.ToJsonString(), System.Text.Encoding.UTF8, "application/json");
}
