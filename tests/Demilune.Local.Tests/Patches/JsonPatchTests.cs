using System.Text.Json.Nodes;
using Demilune.Local.Patches;

namespace Demilune.Local.Tests.Patches;

/// <summary>The examples of RFC 6902, appendix A.</summary>
public sealed class JsonPatchTests
{
    [Theory]
    [InlineData("A.1", """{"foo":"bar"}""", """[{"op":"add","path":"/baz","value":"qux"}]""", """{"baz":"qux","foo":"bar"}""")]
    [InlineData("A.2", """{"foo":["bar","baz"]}""", """[{"op":"add","path":"/foo/1","value":"qux"}]""", """{"foo":["bar","qux","baz"]}""")]
    [InlineData("A.3", """{"baz":"qux","foo":"bar"}""", """[{"op":"remove","path":"/baz"}]""", """{"foo":"bar"}""")]
    [InlineData("A.4", """{"foo":["bar","qux","baz"]}""", """[{"op":"remove","path":"/foo/1"}]""", """{"foo":["bar","baz"]}""")]
    [InlineData("A.5", """{"baz":"qux","foo":"bar"}""", """[{"op":"replace","path":"/baz","value":"boo"}]""", """{"baz":"boo","foo":"bar"}""")]
    [InlineData("A.6", """{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}""", """[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]""", """{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}""")]
    [InlineData("A.7", """{"foo":["all","grass","cows","eat"]}""", """[{"op":"move","from":"/foo/1","path":"/foo/3"}]""", """{"foo":["all","cows","eat","grass"]}""")]
    [InlineData("A.8", """{"baz":"qux","foo":["a",2,"c"]}""", """[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}]""", """{"baz":"qux","foo":["a",2,"c"]}""")]
    [InlineData("A.10", """{"foo":"bar"}""", """[{"op":"add","path":"/child","value":{"grandchild":{}}}]""", """{"foo":"bar","child":{"grandchild":{}}}""")]
    [InlineData("A.11", """{"foo":"bar"}""", """[{"op":"add","path":"/baz","value":"qux","xyz":123}]""", """{"foo":"bar","baz":"qux"}""")]
    [InlineData("A.14", """{"/":9,"~1":10}""", """[{"op":"test","path":"/~01","value":10}]""", """{"/":9,"~1":10}""")]
    [InlineData("A.16", """{"foo":["bar"]}""", """[{"op":"add","path":"/foo/-","value":["abc","def"]}]""", """{"foo":["bar",["abc","def"]]}""")]
    public void It_applies_as_the_rfc_shows(string example, string target, string patch, string expected)
    {
        var result = JsonPatch.Apply(JsonNode.Parse(target), JsonNode.Parse(patch));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), result), $"{example}: {result}");
    }

    [Theory]
    [InlineData("A.9: a test that fails", """[{"op":"test","path":"/baz","value":"bar"}]""")]
    [InlineData("A.12: a target that is not there", """[{"op":"add","path":"/nowhere/bat","value":"qux"}]""")]
    [InlineData("A.15: text is no number", """[{"op":"test","path":"/number","value":"10"}]""")]
    [InlineData("an index with a leading zero", """[{"op":"replace","path":"/list/00","value":1}]""")]
    [InlineData("an index past the end", """[{"op":"remove","path":"/list/1"}]""")]
    [InlineData("a value moved into itself", """[{"op":"move","from":"/child","path":"/child/inside"}]""")]
    [InlineData("no such operation", """[{"op":"frob","path":"/baz"}]""")]
    [InlineData("no path", """[{"op":"remove"}]""")]
    [InlineData("no list", """{"op":"remove","path":"/baz"}""")]
    public void What_does_not_apply_is_refused_and_changes_nothing(string why, string patch)
    {
        var target = JsonNode.Parse("""{"baz":"qux","number":10,"list":[1],"child":{}}""");
        var before = target!.DeepClone();
        var refused = Assert.Throws<PatchException>(() => JsonPatch.Apply(target, JsonNode.Parse(patch)));
        Assert.NotEqual("", refused.Message + why);
        Assert.True(JsonNode.DeepEquals(before, target));
    }

    [Fact]
    public void Copying_a_value_into_itself_again_and_again_is_stopped_before_it_fills_the_memory()
    {
        var target = JsonNode.Parse($$"""{"a":["{{new string('x', 1000)}}"]}""");
        var patch = new JsonArray([.. Enumerable.Range(0, 40).Select(_ => (JsonNode)new JsonObject { ["op"] = "copy", ["from"] = "/a", ["path"] = "/a/-" })]);
        Assert.Throws<PatchException>(() => JsonPatch.Apply(target, patch));
    }
}
