using System.Text.Json.Nodes;

namespace Demilune.Sdn.Api;

/// <summary>The attributes of a resource. Makes a body complete and canonical, or says what is wrong with it, in Neutron's order.</summary>
internal sealed class AttributeTable
{
    private readonly Dictionary<string, Attribute> _byName;

    /// <param name="standard">With tags, revision and times.</param>
    public AttributeTable(bool standard, params Attribute[] own)
    {
        Attribute[] common =
        [
            Attribute.ReadOnly("id"),
            new("name", Checks.Text(255)) { Default = () => "" },
            new("description", Checks.Text(255)) { Default = () => "" },
            Attribute.Once("project_id", Checks.Text(255)),
            Attribute.Once("tenant_id", Checks.Text(255)),
        ];
        Attribute[] kept =
        [
            Attribute.ReadOnly("created_at"), Attribute.ReadOnly("updated_at"), Attribute.ReadOnly("revision_number"), Attribute.ReadOnly("tags"),
        ];
        _byName = new(StringComparer.Ordinal);
        foreach (var attribute in (Attribute[])[.. common, .. standard ? kept : [], .. own]) _byName[attribute.Name] = attribute;
        Hidden = HiddenOf(_byName);
    }

    private AttributeTable(IEnumerable<Attribute> attributes)
    {
        _byName = attributes.ToDictionary(attribute => attribute.Name, StringComparer.Ordinal);
        Hidden = HiddenOf(_byName);
    }

    private static string[] HiddenOf(Dictionary<string, Attribute> all) =>
        [.. all.Values.Where(attribute => attribute.AdminSees).Select(attribute => attribute.Name)];

    public IEnumerable<string> Names => _byName.Keys;

    public IEnumerable<string> Shown => _byName.Values.Where(attribute => attribute.Shown).Select(attribute => attribute.Name);

    /// <summary>What only an administrator is shown.</summary>
    public IReadOnlyList<string> Hidden { get; }

    /// <summary>The same without some of the attributes that nearly all resources have.</summary>
    public AttributeTable Without(params string[] names) => new(_byName.Values.Where(attribute => !names.Contains(attribute.Name)));

    /// <summary>What a caller who is no administrator gives and may not.</summary>
    /// <param name="verb">"create" or "update".</param>
    public Fault? ForbiddenTo(Caller caller, JsonObject given, string verb, string member)
    {
        if (caller.IsAdmin) return null;
        var forbidden = given.Where(pair => _byName[pair.Key] is { AdminSets: true } attribute
            && (verb == "update" || !JsonNode.DeepEquals(pair.Value, attribute.Default()))).Select(pair => pair.Key).FirstOrDefault();
        return forbidden is null ? null : Fault.Forbidden($"rule:{verb}_{member} and rule:{verb}_{member}:{forbidden}");
    }

    /// <summary>Fills in defaults and the project; afterwards every attribute that can be posted is there.</summary>
    public Fault? Complete(JsonObject body, Caller caller)
    {
        if (OwnerFault(body, caller) is { } owner) return owner;
        if (UnknownFault(body) is { } unknown) return unknown;
        foreach (var attribute in _byName.Values)
        {
            var given = body.ContainsKey(attribute.Name);
            if (attribute.Required && !given)
                return Fault.BadRequest($"Failed to parse request. Required attribute '{attribute.Name}' not specified");
            if (!attribute.Post && given) return Fault.BadRequest($"Attribute '{attribute.Name}' not allowed in POST");
        }
        if (CheckAll(body) is { } fault) return fault;
        foreach (var attribute in _byName.Values)
            if (attribute.AdminAlways && !caller.IsAdmin && body.ContainsKey(attribute.Name))
                return Fault.Forbidden($"rule:create and rule:create:{attribute.Name}");
        foreach (var attribute in _byName.Values)
            if (attribute.Post && !body.ContainsKey(attribute.Name))
                body[attribute.Name] = attribute.Default();
        return null;
    }

    /// <summary>Checks what a PUT wants to change.</summary>
    public Fault? CheckChanges(JsonObject body)
    {
        if (UnknownFault(body) is { } unknown) return unknown;
        foreach (var (name, _) in body)
            if (!_byName[name].Put) return Fault.BadRequest($"Cannot update read-only attribute {name}");
        return CheckAll(body);
    }

    private Fault? OwnerFault(JsonObject body, Caller caller)
    {
        var project = body["project_id"] ?? body["tenant_id"];
        if (body["project_id"] is { } one && body["tenant_id"] is { } other && !JsonNode.DeepEquals(one, other))
            return Fault.BadRequest("'project_id' and 'tenant_id' do not match");
        if (project is null && (body.ContainsKey("project_id") || body.ContainsKey("tenant_id")))
            return Fault.BadRequest("Invalid input for tenant_id. Reason: 'None' is not a valid string.");
        if (project is not null && !caller.IsAdmin && !JsonNode.DeepEquals(project, caller.Project))
            return Fault.BadRequest("Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires admin privileges");
        if (!_byName.ContainsKey("project_id")) return null;
        var owner = project?.DeepClone() ?? caller.Project;
        body["project_id"] = owner;
        body["tenant_id"] = owner.DeepClone();
        return null;
    }

    private Fault? UnknownFault(JsonObject body)
    {
        var unknown = body.Where(member => !_byName.ContainsKey(member.Key)).Select(member => member.Key).ToList();
        return unknown.Count == 0 ? null : Fault.BadRequest($"Unrecognized attribute(s) '{string.Join(", ", unknown)}'");
    }

    private Fault? CheckAll(JsonObject body)
    {
        foreach (var name in body.Select(member => member.Key).ToList())
        {
            var attribute = _byName[name];
            var value = body[name];
            var before = value;
            if (attribute.Check(ref value) is { } objection) return objection.In(name);
            if (!ReferenceEquals(before, value)) body[name] = value;
        }
        return null;
    }
}
