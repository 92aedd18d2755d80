using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Demilune.Sdn.Identity;
using Demilune.Sdn.Tests.Oracle;

namespace Demilune.Sdn.Tests.Identity;

public sealed class IdentityTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_administrator_makes_a_project_and_a_user_who_then_works_in_it_and_takes_them_away_again()
    {
        await using var neutron = await LocalNeutron.StartAsync();
        using var admin = await SignedInAsync(neutron, "admin", "secret", null);
        var project = await MakeAsync(admin, "projects", new() { ["project"] = new JsonObject { ["name"] = "new", ["domain_id"] = "default" } });
        var user = await MakeAsync(admin, "users", new() { ["user"] = new JsonObject { ["name"] = "somebody", ["password"] = "word", ["domain_id"] = "default" } });
        var roles = await admin.GetFromJsonAsync<JsonObject>("/identity/v3/roles?name=member", Cancel);
        var role = $"/identity/v3/projects/{project}/users/{user}/roles/{roles!["roles"]![0]!["id"]}";
        Assert.Equal(HttpStatusCode.NotFound, (await admin.SendAsync(new(HttpMethod.Head, role), Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await admin.PutAsync(role, null, Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await admin.SendAsync(new(HttpMethod.Head, role), Cancel)).StatusCode);

        using var somebody = await SignedInAsync(neutron, "somebody", "word", "new");
        var made = await (await somebody.PostAsJsonAsync("/v2.0/networks", new JsonObject { ["network"] = new JsonObject() }, Cancel)).Content.ReadFromJsonAsync<JsonObject>(Cancel);
        Assert.Equal(project, made!["network"]!["project_id"]!.GetValue<string>());

        Assert.Equal(HttpStatusCode.NoContent, (await admin.DeleteAsync($"/identity/v3/users/{user}", Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await somebody.GetAsync("/v2.0/networks", Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await admin.DeleteAsync($"/identity/v3/projects/{project}", Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await admin.GetAsync($"/identity/v3/projects/{project}", Cancel)).StatusCode);
    }

    [Fact]
    public async Task A_role_that_is_taken_away_ends_what_was_done_with_it()
    {
        await using var neutron = await LocalNeutron.StartAsync();
        using var admin = await SignedInAsync(neutron, "admin", "secret", null);
        using var member = await SignedInAsync(neutron, "member", "secret", null);
        var role = $"/identity/v3/projects/{IdentityDirectory.IdOf("project", "member")}/users/{IdentityDirectory.IdOf("user", "member")}/roles/{IdentityDirectory.IdOf("role", "member")}";
        Assert.Equal(HttpStatusCode.OK, (await member.GetAsync("/v2.0/networks", Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await admin.DeleteAsync(role, Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await member.GetAsync("/v2.0/networks", Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await admin.GetAsync("/v2.0/networks", Cancel)).StatusCode);
    }

    [Fact]
    public async Task Whoever_is_no_administrator_changes_nothing_and_sees_himself()
    {
        await using var neutron = await LocalNeutron.StartAsync();
        using var member = await SignedInAsync(neutron, "member", "secret", null);
        Assert.Equal(HttpStatusCode.Forbidden, (await member.PostAsJsonAsync("/identity/v3/projects", new JsonObject { ["project"] = new JsonObject { ["name"] = "mine" } }, Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await member.DeleteAsync($"/identity/v3/users/{IdentityDirectory.IdOf("user", "admin")}", Cancel)).StatusCode);
        var users = await member.GetFromJsonAsync<JsonObject>("/identity/v3/users", Cancel);
        Assert.Equal("member", Assert.Single(users!["users"]!.AsArray())!["name"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("projects", """{"project":{"name":"admin"}}""", HttpStatusCode.Conflict)]
    [InlineData("projects", """{"project":{"name":""}}""", HttpStatusCode.BadRequest)]
    [InlineData("projects", """{"user":{"name":"x"}}""", HttpStatusCode.BadRequest)]
    [InlineData("projects", "[]", HttpStatusCode.BadRequest)]
    [InlineData("users", """{"user":{"name":"x"}}""", HttpStatusCode.BadRequest)]
    [InlineData("users", """{"user":{"name":"x","password":"y","domain_id":"other"}}""", HttpStatusCode.NotFound)]
    [InlineData("domains", """{"domain":{"name":"x"}}""", HttpStatusCode.Forbidden)]
    [InlineData("nonsense", """{"nonsense":{}}""", HttpStatusCode.NotFound)]
    public async Task What_cannot_be_made_is_refused(string collection, string body, HttpStatusCode status)
    {
        await using var neutron = await LocalNeutron.StartAsync();
        using var admin = await SignedInAsync(neutron, "admin", "secret", null);
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        Assert.Equal(status, (await admin.PostAsync($"/identity/v3/{collection}", content, Cancel)).StatusCode);
    }

    [Fact]
    public void What_was_made_is_there_after_a_restart_in_a_file_that_only_its_owner_reads()
    {
        var path = Path.Combine(Path.GetTempPath(), $"users-{Guid.NewGuid():N}.json");
        try
        {
            new IdentityDirectory().Write(path);
            var identity = IdentityService.Open(path, TimeProvider.System);
            identity.Change(directory => (directory with { Users = [new() { Name = "somebody", Password = "word" }], Projects = ["new"] }, 201));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
            var again = IdentityDirectory.Read(path);
            Assert.Equal(("somebody", "new"), (again.Users.Single().Name, again.Projects.Single()));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void What_a_file_leaves_out_is_empty()
    {
        var path = Path.Combine(Path.GetTempPath(), $"users-{Guid.NewGuid():N}.json");
        try
        {
            File.WriteAllText(path, """{"users":[{"name":"somebody","password":"word"}]}""");
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            var directory = IdentityDirectory.Read(path);
            Assert.Empty(directory.AllProjects);
            Assert.Equal(["admin", "member", "reader"], directory.AllRoles);
            Assert.Empty(directory.Users.Single().ApplicationCredentials);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task<string> MakeAsync(HttpClient admin, string collection, JsonObject body)
    {
        var answer = await admin.PostAsJsonAsync($"/identity/v3/{collection}", body, Cancel);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<JsonObject>(Cancel))!.Single().Value!["id"]!.GetValue<string>();
    }

    private static async Task<HttpClient> SignedInAsync(LocalNeutron neutron, string user, string password, string? project)
    {
        var client = new HttpClient { BaseAddress = neutron.Address };
        var auth = new JsonObject
        {
            ["identity"] = new JsonObject
            {
                ["methods"] = new JsonArray("password"),
                ["password"] = new JsonObject { ["user"] = new JsonObject { ["name"] = user, ["domain"] = new JsonObject { ["id"] = "default" }, ["password"] = password } },
            },
        };
        if (project is not null) auth["scope"] = new JsonObject { ["project"] = new JsonObject { ["name"] = project, ["domain"] = new JsonObject { ["id"] = "default" } } };
        // A length is said, as Keystone's clients do.
        using var content = new StringContent(new JsonObject { ["auth"] = auth }.ToJsonString(), System.Text.Encoding.UTF8, "application/json");
        var answer = await client.PostAsync("/identity/v3/auth/tokens", content, Cancel);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        client.DefaultRequestHeaders.Add("X-Auth-Token", answer.Headers.GetValues("X-Subject-Token").Single());
        return client;
    }
}
