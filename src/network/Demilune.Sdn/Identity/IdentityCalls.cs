using System.Text.Json;
using System.Text.Json.Nodes;

namespace Demilune.Sdn.Identity;

/// <summary>Users, projects and roles by Keystone's API: everybody is shown what concerns him, administrators are shown all and change it.</summary>
/// <remarks>There is one domain. Names are unique in it, and ids follow from names; descriptions are not kept.</remarks>
internal static class IdentityCalls
{
    /// <summary>Bounds what a client in a loop can make: each test run of a large suite makes some hundreds and takes them away again.</summary>
    private const int MaxEntries = 10_000;

    private static readonly JsonObject Domain = new() { ["id"] = "default", ["name"] = "Default", ["enabled"] = true, ["description"] = "", ["links"] = new JsonObject() };

    /// <returns>Status and body; a body of null with a status of 400 or more: the error's body is the caller's matter.</returns>
    public static (int Status, JsonObject? Body) Answer(
        string method, string[] path, IReadOnlyDictionary<string, string> query, JsonObject? body, Token asking, IdentityService identity)
    {
        if (method is "GET" or "HEAD")
        {
            if (Read(path, query, asking, identity.Directory) is { } found) return (200, found);
            return (Holds(path, identity.Directory) ? 204 : 404, null);
        }
        if (!asking.IsAdmin) return (403, null);
        var made = new JsonObject();
        var status = identity.Change(directory => (method, path) switch
        {
            ("POST", ["projects" or "users" or "roles" or "domains"]) => Create(path[0], body, directory, made),
            ("DELETE", ["projects", var id]) => DeleteProject(id, directory),
            ("DELETE", ["users", var id]) => DeleteUser(id, directory),
            ("DELETE", ["roles", var id]) => DeleteRole(id, directory),
            ("PUT" or "DELETE", ["projects", var project, "users", var user, "roles", var role]) => Assign(method == "PUT", project, user, role, directory),
            _ => (directory, 404),
        });
        return (status, status == 201 ? made : null);
    }

    private static JsonObject? Read(string[] path, IReadOnlyDictionary<string, string> query, Token asking, IdentityDirectory directory)
    {
        var projects = directory.AllProjects.Where(project => asking.IsAdmin || asking.User.Projects.ContainsKey(project)).Select(project => View("project", project));
        var users = directory.Users.Where(user => asking.IsAdmin || user.Name == asking.User.Name).Select(user => View("user", user.Name));
        var roles = directory.AllRoles.Select(role => View("role", role));
        IEnumerable<JsonObject> domains = [Domain.DeepClone().AsObject()];
        return path switch
        {
            ["auth", "projects"] => Many("projects", asking.User.Projects.Keys.Select(project => View("project", project)), query),
            ["auth", "domains"] => Many("domains", domains, query),
            ["projects"] => Many("projects", projects, query),
            ["projects", var id] => One("project", projects, id),
            ["users"] => Many("users", users, query),
            ["users", var id] => One("user", users, id),
            ["users", var id, "projects"] => User(directory, id) is { } user && (asking.IsAdmin || user.Name == asking.User.Name)
                ? Many("projects", user.Projects.Keys.Select(project => View("project", project)), query) : null,
            ["roles"] => Many("roles", roles, query),
            ["roles", var id] => One("role", roles, id),
            ["projects", var project, "users", var id, "roles"] => asking.IsAdmin && User(directory, id) is { } user && Project(directory, project) is { } of
                ? Many("roles", user.Projects.GetValueOrDefault(of, []).Select(role => View("role", role)), query) : null,
            ["domains"] => Many("domains", domains, query),
            ["domains", var id] => One("domain", domains, id),
            _ => null,
        };
    }

    /// <summary>Whether somebody has a role: asked for without wanting a body.</summary>
    private static bool Holds(string[] path, IdentityDirectory directory) =>
        path is ["projects", var project, "users", var user, "roles", var role]
        && User(directory, user) is { } holder && Project(directory, project) is { } of && Role(directory, role) is { } name
        && holder.Projects.GetValueOrDefault(of, []).Contains(name);

    private static (IdentityDirectory Now, int Status) Create(string collection, JsonObject? body, IdentityDirectory directory, JsonObject made)
    {
        var kind = collection[..^1];
        if (body?[kind] is not JsonObject wanted || Text(wanted["name"]) is not { Length: > 0 and <= 255 } name) return (directory, 400);
        if (Text(wanted["domain_id"]) is not (null or "default")) return (directory, 404);
        var (taken, count) = kind switch
        {
            "project" => (directory.AllProjects.Contains(name), directory.Projects.Count),
            "user" => (directory.Users.Any(user => user.Name == name), directory.Users.Count),
            "role" => (directory.AllRoles.Contains(name), directory.Roles.Count),
            _ => (false, MaxEntries),
        };
        if (taken) return (directory, 409);
        if (count >= MaxEntries) return (directory, 403);
        if (kind == "user" && Text(wanted["password"]) is not { Length: > 0 and <= 4_096 }) return (directory, 400);
        made[kind] = View(kind, name);
        return (kind switch
        {
            "project" => directory with { Projects = [.. directory.Projects, name] },
            "role" => directory with { Roles = [.. directory.Roles, name] },
            _ => directory with { Users = [.. directory.Users, new() { Name = name, Password = Text(wanted["password"])! }] },
        }, 201);
    }

    private static (IdentityDirectory Now, int Status) DeleteProject(string id, IdentityDirectory directory) => Project(directory, id) is not { } name ? (directory, 404)
        : (directory with
        {
            Projects = [.. directory.Projects.Where(project => project != name)],
            Users = [.. directory.Users.Select(user => user with { Projects = Without(user.Projects, name) })],
        }, 204);

    private static (IdentityDirectory Now, int Status) DeleteUser(string id, IdentityDirectory directory) => User(directory, id) is not { } gone ? (directory, 404)
        : (directory with { Users = [.. directory.Users.Where(user => user.Name != gone.Name)] }, 204);

    /// <summary>Only one that the API made, and with it what users have of it.</summary>
    private static (IdentityDirectory Now, int Status) DeleteRole(string id, IdentityDirectory directory)
    {
        if (Role(directory, id) is not { } name) return (directory, 404);
        if (!directory.Roles.Contains(name)) return (directory, 403);
        return (directory with
        {
            Roles = [.. directory.Roles.Where(role => role != name)],
            Users = [.. directory.Users.Select(user => user with
            {
                Projects = user.Projects.ToDictionary(of => of.Key, of => (IReadOnlyList<string>)[.. of.Value.Where(role => role != name)]),
            })],
        }, 204);
    }

    private static (IdentityDirectory Now, int Status) Assign(bool gives, string projectId, string userId, string roleId, IdentityDirectory directory)
    {
        if (Project(directory, projectId) is not { } project || User(directory, userId) is not { } user || Role(directory, roleId) is not { } role) return (directory, 404);
        var had = user.Projects.GetValueOrDefault(project, []);
        if (!gives && !had.Contains(role)) return (directory, 404);
        IReadOnlyList<string> has = gives ? [.. had.Union([role])] : [.. had.Where(other => other != role)];
        var projects = Without(user.Projects, project);
        // Without a role in it a user is not in the project; the project stays.
        if (has.Count > 0) projects[project] = has;
        return (directory with
        {
            Users = [.. directory.Users.Select(other => other.Name == user.Name ? user with { Projects = projects } : other)],
            Projects = [.. directory.Projects.Union([project])],
        }, 204);
    }

    private static Dictionary<string, IReadOnlyList<string>> Without(IReadOnlyDictionary<string, IReadOnlyList<string>> projects, string name) =>
        projects.Where(of => of.Key != name).ToDictionary(of => of.Key, of => of.Value);

    private static string? Project(IdentityDirectory directory, string id) => directory.AllProjects.FirstOrDefault(name => IdentityDirectory.IdOf("project", name) == id);

    private static Account? User(IdentityDirectory directory, string id) => directory.Users.FirstOrDefault(user => IdentityDirectory.IdOf("user", user.Name) == id);

    private static string? Role(IdentityDirectory directory, string id) => directory.AllRoles.FirstOrDefault(name => IdentityDirectory.IdOf("role", name) == id);

    private static JsonObject View(string kind, string name)
    {
        var view = new JsonObject { ["id"] = IdentityDirectory.IdOf(kind, name), ["name"] = name, ["links"] = new JsonObject() };
        if (kind == "role") return view;
        foreach (var (key, value) in ((string, JsonNode)[])[("domain_id", "default"), ("enabled", true), ("description", "")]) view[key] = value;
        if (kind == "project") (view["is_domain"], view["parent_id"], view["tags"]) = (false, "default", new JsonArray());
        return view;
    }

    private static JsonObject Many(string name, IEnumerable<JsonObject> all, IReadOnlyDictionary<string, string> query) => new()
    {
        [name] = new JsonArray([.. all.Where(one => !query.TryGetValue("name", out var wanted) || string.Equals(Text(one["name"]), wanted, StringComparison.OrdinalIgnoreCase))]),
        ["links"] = new JsonObject { ["next"] = null },
    };

    private static JsonObject? One(string name, IEnumerable<JsonObject> all, string id) =>
        all.FirstOrDefault(one => Text(one["id"]) == id) is { } found ? new() { [name] = found } : null;

    private static string? Text(JsonNode? node) => node?.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : null;
}
