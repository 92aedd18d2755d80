using System.Text.Json.Nodes;
using CsCheck;
using Demilune.Local.Patches;

namespace Demilune.Local.Tests.Patches;

public sealed class MergePatchTests
{
    /// <summary>The table of RFC 7386, appendix A.</summary>
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", "{}")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""["a","b"]""", """["c","d"]""", """["c","d"]""")]
    [InlineData("""{"a":"b"}""", """["c"]""", """["c"]""")]
    [InlineData("""{"a":"foo"}""", "null", "null")]
    [InlineData("""{"a":"foo"}""", "\"bar\"", "\"bar\"")]
    [InlineData("""{"e":null}""", """{"a":1}""", """{"e":null,"a":1}""")]
    [InlineData("[1,2]", """{"a":"b","c":null}""", """{"a":"b"}""")]
    [InlineData("{}", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    public void It_applies_as_the_rfc_shows(string target, string patch, string expected)
    {
        var result = MergePatch.Apply(JsonNode.Parse(target), JsonNode.Parse(patch));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), result), result?.ToJsonString());
    }

    [Fact]
    public void Applied_twice_it_is_as_applied_once() =>
        Gen.Select(Json.Objects, Json.Objects).Sample((target, patch) =>
        {
            var once = MergePatch.Apply(target, patch);
            return JsonNode.DeepEquals(once, MergePatch.Apply(once, patch));
        });
}

/// <summary>Small objects of few names, so that they meet.</summary>
internal static class Json
{
    private static readonly Gen<JsonNode?> Leaf = Gen.OneOf(Gen.Int[0, 3].Select(n => (JsonNode?)n), Gen.String[Gen.Char["xyz"], 0, 2].Select(s => (JsonNode?)s), Gen.Const((JsonNode?)null));

    public static Gen<JsonObject> Objects { get; } = OfDepth(3);

    private static Gen<JsonObject> OfDepth(int depth) =>
        Gen.Select(Gen.Char["abc"], depth is 0 ? Leaf : Gen.OneOf(Leaf, OfDepth(depth - 1).Select(o => (JsonNode?)o))).Array[0, 3].Select(entries =>
        {
            var o = new JsonObject();
            foreach (var (name, value) in entries) o[name.ToString()] = value?.DeepClone();
            return o;
        });
}
