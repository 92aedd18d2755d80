using System.Text.Json.Nodes;
using CsCheck;
using Demilune.Local.Api;
using Demilune.Local.Patches.Apply;
using Demilune.Local.Resources;
using Demilune.Local.Storage;

namespace Demilune.Local.Tests.Patches;

public sealed class ServerSideApplyTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly ResourceType ConfigMap = BuiltinResources.All.First(type => type.Kind is "ConfigMap");
    private static readonly ResourceType Pod = BuiltinResources.All.First(type => type.Kind is "Pod");

    [Fact]
    public void A_field_that_its_manager_no_longer_applies_goes_away()
    {
        var first = Apply(ConfigMap, new JsonObject(), """{"data":{"a":"1","b":"2"}}""", "me");
        var second = Apply(ConfigMap, first, """{"data":{"a":"1"}}""", "me");
        Assert.Equal("""{"a":"1"}""", second["data"]!.ToJsonString());
    }

    [Fact]
    public void A_field_that_two_managers_apply_stays_until_both_let_go()
    {
        var o = Apply(ConfigMap, new JsonObject(), """{"data":{"a":"1"}}""", "me");
        o = Apply(ConfigMap, o, """{"data":{"a":"1"}}""", "you");
        o = Apply(ConfigMap, o, "{}", "me");
        Assert.Equal("""{"a":"1"}""", o["data"]!.ToJsonString());
        o = Apply(ConfigMap, o, "{}", "you");
        Assert.Null(o["data"]);
    }

    [Fact]
    public void Somebody_elses_field_is_a_conflict_that_names_them()
    {
        var o = Apply(ConfigMap, new JsonObject(), """{"data":{"a":"1"}}""", "you");
        var conflict = Assert.Throws<StatusException>(() => Apply(ConfigMap, o, """{"data":{"a":"2"}}""", "me"));
        Assert.Equal(409, conflict.Code);
        Assert.Equal("Apply failed with 1 conflict: conflict with \"you\" using v1: .data.a", conflict.Message);
        Assert.Equal("FieldManagerConflict", conflict.ToStatus().At("details", "causes")!.AsArray()[0].Text("reason"));
    }

    [Fact]
    public void Force_takes_the_field()
    {
        var o = Apply(ConfigMap, new JsonObject(), """{"data":{"a":"1"}}""", "you");
        o = Apply(ConfigMap, o, """{"data":{"a":"2"}}""", "me", force: true);
        Assert.Equal("2", o.Text("data", "a"));
        var owner = Assert.Single(o.Items("metadata", "managedFields"));
        Assert.Equal("me", owner.Text("manager"));
    }

    [Fact]
    public void List_items_merge_by_key_and_belong_to_who_applied_them()
    {
        var o = Apply(Pod, new JsonObject(), """{"spec":{"containers":[{"name":"a","image":"1","ports":[{"containerPort":80}]}]}}""", "me");
        o = Apply(Pod, o, """{"spec":{"containers":[{"name":"b","image":"1"}]}}""", "you");
        Assert.Equal(["a", "b"], o.Items("spec", "containers").Select(c => c.Text("name")));
        o = Apply(Pod, o, """{"spec":{}}""", "you");
        Assert.Equal(["a"], o.Items("spec", "containers").Select(c => c.Text("name")));
    }

    [Fact]
    public void A_port_without_protocol_is_the_same_item_as_the_one_with_its_default()
    {
        var o = Apply(Pod, new JsonObject(), """{"spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"protocol":"TCP"}]}]}}""", "me");
        o = Apply(Pod, o, """{"spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"name":"http"}]}]}}""", "you");
        Assert.Single(o.Items("spec", "containers").First().Items("ports"));
    }

    [Fact]
    public void Applying_again_changes_nothing() => Gen.Select(Patches.Json.Objects, Patches.Json.Objects).Sample((mine, yours) =>
    {
        var a = new JsonObject { ["data"] = Text(mine) };
        var b = new JsonObject { ["data"] = Text(yours) };
        var o = Apply(ConfigMap, Apply(ConfigMap, new JsonObject(), a.ToJsonString(), "me"), b.ToJsonString(), "you", force: true);
        return JsonNode.DeepEquals(o, Apply(ConfigMap, o, b.ToJsonString(), "you"));
    });

    [Fact]
    public void Owned_fields_survive_being_written_and_read()
    {
        var pod = JsonNode.Parse("""{"metadata":{"labels":{"a.b/c":"d"},"finalizers":["x/y"]},"spec":{"containers":[{"name":"a","args":["1"],"ports":[{"containerPort":80,"protocol":"UDP"}]}],"nodeSelector":{"k":"v"}}}""")!.AsObject();
        var paths = FieldPaths.Of(pod, Pod).Keys.ToHashSet();
        Assert.Contains(paths, path => FieldPaths.Describe(path) == ".spec.containers[name=\"a\"].ports[containerPort=80,protocol=\"UDP\"]");
        Assert.Contains(paths, path => FieldPaths.Describe(path) == ".metadata.finalizers[=\"x/y\"]");
        Assert.True(paths.SetEquals(FieldPaths.Read(FieldPaths.Write(paths))));
    }

    private static JsonObject Text(JsonObject o) => new(o.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)(entry.Value?.ToJsonString() ?? "null"))));

    private static JsonObject Apply(ResourceType type, JsonObject live, string configuration, string manager, bool force = false)
    {
        var wanted = JsonNode.Parse(configuration)!.AsObject();
        return ServerSideApply.Merge(type, new ObjectName("ns", "o"), live, wanted, [.. FieldPaths.Of(wanted, type).Keys], new WriteOptions { FieldManager = manager, Force = force }, Now);
    }
}
