using Demilune.Neutron.Keystone;
using YamlDotNet.RepresentationModel;

namespace Demilune.Controller.Cloud;

/// <summary>One entry of clouds.yaml → what we need of it. Keys that OpenStack's tools know and we have no use for are passed over.</summary>
internal sealed class CloudReader
{
    private readonly string _where;
    private readonly YamlMappingNode _entry;
    private readonly YamlMappingNode _auth;

    private CloudReader(string where, YamlMappingNode entry)
    {
        (_where, _entry) = (where, entry);
        _auth = entry.Children.TryGetValue(new YamlScalarNode("auth"), out var auth) && auth is YamlMappingNode map ? map : new();
    }

    /// <param name="where">File and cloud, for messages.</param>
    /// <param name="directory">What relative paths are relative to.</param>
    public static CloudConfig Read(string where, string name, YamlMappingNode entry, string directory) => new CloudReader(where, entry).Read(name, directory);

    private CloudConfig Read(string name, string directory)
    {
        var endpoint = Address(_entry, "network_endpoint_override");
        var ca = Text(_entry, "cacert") is { } file ? Path.Combine(directory, file.StartsWith("~/", StringComparison.Ordinal)
            ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), file[2..]) : file) : null;
        if (ca is not null && !File.Exists(ca)) throw Wrong($"cacert: there is no {ca}");
        var verify = Text(_entry, "verify") is not { } text || !text.Equals("false", StringComparison.OrdinalIgnoreCase);
        var type = Text(_entry, "auth_type") ?? (Text(_auth, "application_credential_secret") is null ? "password" : "v3applicationcredential");
        if (type == "none")
            return new(name, null, endpoint ?? Address(_auth, "endpoint") ?? throw Wrong("auth_type none needs network_endpoint_override or auth.endpoint"), ca, verify);
        return new(
            name,
            new CloudAccess(name, Address(_auth, "auth_url") ?? throw Wrong("auth.auth_url is missing"), Credentials(type))
            {
                Region = Text(_entry, "region_name"),
                Interface = Interface(),
                NetworkEndpoint = endpoint,
            },
            null, ca, verify);
    }

    private Credentials Credentials(string type) => type switch
    {
        "password" or "v3password" => new Credentials.Password(
            Object("user", "username", "user_id", "user_domain") ?? throw Wrong("auth.username (or user_id) is missing"),
            Text(_auth, "password") ?? throw Wrong("auth.password is missing, here and in secure.yaml"),
            Object("project", "project_name", "project_id", "project_domain") ?? throw Wrong("auth.project_name (or project_id) is missing: the network belongs to a project")),
        "v3applicationcredential" => new Credentials.ApplicationCredential(
            Text(_auth, "application_credential_id") ?? Text(_auth, "application_credential_name") ?? throw Wrong("auth.application_credential_id is missing"),
            Text(_auth, "application_credential_secret") ?? throw Wrong("auth.application_credential_secret is missing, here and in secure.yaml"),
            Text(_auth, "application_credential_id") is not null
                ? null
                : Object("user", "username", "user_id", "user_domain") ?? throw Wrong("auth.application_credential_name needs auth.username (or user_id); application_credential_id does without")),
        _ => throw Wrong($"auth_type {type} is not supported; password, v3applicationcredential and none are"),
    };

    private DomainObject? Object(string what, string nameKey, string idKey, string domain)
    {
        var (id, name) = (Text(_auth, idKey), Text(_auth, nameKey));
        if (id is null && name is null) return null;
        var domainId = Text(_auth, domain + "_id") ?? Text(_auth, "domain_id") ?? Text(_auth, "default_domain_id");
        var domainName = domainId is not null ? null : Text(_auth, domain + "_name") ?? Text(_auth, "domain_name") ?? Text(_auth, "default_domain_name");
        if (id is null && name!.Length == 0) throw Wrong($"auth: the {what} has no name");
        return new(id, name, domainId, domainName);
    }

    private string Interface()
    {
        var text = Text(_entry, "interface") ?? Text(_entry, "endpoint_type") ?? "public";
        if (text.EndsWith("URL", StringComparison.Ordinal)) text = text[..^3];      // the older spelling: publicURL
        return text is "public" or "internal" or "admin" ? text : throw Wrong($"interface {text} is none of public, internal and admin");
    }

    private Uri? Address(YamlMappingNode map, string key) => Text(map, key) is not { } text ? null
        : Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url
        : throw Wrong($"{key} {text} is no http or https address");

    private static string? Text(YamlMappingNode map, string key) =>
        map.Children.TryGetValue(new YamlScalarNode(key), out var value) && value is YamlScalarNode { Value.Length: > 0 } scalar ? scalar.Value : null;

    private CloudConfigException Wrong(string what) => new($"{_where}: {what}");
}
