using System.Text.Json.Nodes;
using Demilune.Local.Patches;
using Demilune.Local.Schemas;
using k8s.Models;

namespace Demilune.Local.Tests.Patches;

public sealed class StrategicMergePatchTests
{
    private static readonly Schema Pod = ModelSchemas.For(typeof(V1Pod));

    [Fact]
    public void Containers_merge_by_name() => Check(
        """{"spec":{"containers":[{"name":"a","image":"1","env":[{"name":"X","value":"1"}]},{"name":"b","image":"1"}]}}""",
        """{"spec":{"containers":[{"name":"a","image":"2"},{"name":"c","image":"3"}]}}""",
        """{"spec":{"containers":[{"name":"a","image":"2","env":[{"name":"X","value":"1"}]},{"name":"b","image":"1"},{"name":"c","image":"3"}]}}""");

    [Fact]
    public void An_item_is_deleted_by_its_key() => Check(
        """{"spec":{"volumes":[{"name":"a","emptyDir":{}},{"name":"b","emptyDir":{}}]}}""",
        """{"spec":{"volumes":[{"$patch":"delete","name":"a"}]}}""",
        """{"spec":{"volumes":[{"name":"b","emptyDir":{}}]}}""");

    [Fact]
    public void Replace_takes_the_whole_map() => Check(
        """{"metadata":{"labels":{"a":"1","b":"2"}}}""", """{"metadata":{"labels":{"$patch":"replace","c":"3"}}}""", """{"metadata":{"labels":{"c":"3"}}}""");

    [Fact]
    public void Null_removes_a_field() => Check("""{"metadata":{"labels":{"a":"1","b":"2"}}}""", """{"metadata":{"labels":{"a":null}}}""", """{"metadata":{"labels":{"b":"2"}}}""");

    [Fact]
    public void Finalizers_are_a_set() => Check(
        """{"metadata":{"finalizers":["a/x","b/x"]}}""", """{"metadata":{"$deleteFromPrimitiveList/finalizers":["a/x"],"finalizers":["c/x","b/x"]}}""", """{"metadata":{"finalizers":["b/x","c/x"]}}""");

    [Fact]
    public void The_order_that_is_asked_for_comes_out() => Check(
        """{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}""", """{"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}]}}""", """{"spec":{"containers":[{"name":"b"},{"name":"a"}]}}""");

    [Fact]
    public void Retained_keys_drop_the_old_volume_source() => Check(
        """{"spec":{"volumes":[{"name":"v","emptyDir":{}}]}}""", """{"spec":{"volumes":[{"$retainKeys":["name","hostPath"],"name":"v","hostPath":{"path":"/x"}}]}}""", """{"spec":{"volumes":[{"name":"v","hostPath":{"path":"/x"}}]}}""");

    [Fact]
    public void Lists_without_a_merge_key_are_replaced() => Check(
        """{"spec":{"containers":[{"name":"a","args":["1","2"]}]}}""", """{"spec":{"containers":[{"name":"a","args":["3"]}]}}""", """{"spec":{"containers":[{"name":"a","args":["3"]}]}}""");

    [Theory]
    [InlineData("""{"spec":{"containers":[{"image":"2"}]}}""")]
    [InlineData("""{"metadata":{"$patch":"explode"}}""")]
    public void Without_sense_it_is_refused(string patch) =>
        Assert.Throws<PatchException>(() => StrategicMergePatch.Apply(JsonNode.Parse("""{"spec":{},"metadata":{}}""")!.AsObject(), JsonNode.Parse(patch)!.AsObject(), Pod));

    private static void Check(string target, string patch, string expected)
    {
        var result = StrategicMergePatch.Apply(JsonNode.Parse(target)!.AsObject(), JsonNode.Parse(patch)!.AsObject(), Pod);
        Assert.Equal(JsonNode.Parse(expected)!.ToJsonString(), result.ToJsonString());
    }
}
