using System.Text.Json.Nodes;
using Demilune.Local.Api;
using Demilune.Local.Schemas;

namespace Demilune.Local.Tests.Schemas;

public sealed class SchemaTests
{
    [Theory]
    [InlineData("""{"type":"string","enum":["a","b"]}""", "\"c\"", "FieldValueNotSupported")]
    [InlineData("""{"type":"string","pattern":"^a+$"}""", "\"b\"", "FieldValueInvalid")]
    [InlineData("""{"type":"string","minLength":2}""", "\"é\"", "FieldValueInvalid")]
    [InlineData("""{"type":"integer","minimum":1}""", "0", "FieldValueInvalid")]
    [InlineData("""{"type":"integer","maximum":4,"exclusiveMaximum":true}""", "4", "FieldValueInvalid")]
    [InlineData("""{"type":"integer"}""", "1.5", "FieldValueTypeInvalid")]
    [InlineData("""{"type":"integer"}""", "\"1\"", "FieldValueTypeInvalid")]
    [InlineData("""{"type":"array","items":{"type":"string"},"maxItems":1}""", """["a","b"]""", "FieldValueTooMany")]
    [InlineData("""{"type":"array","items":{"type":"string"},"x-kubernetes-list-type":"set"}""", """["a","a"]""", "FieldValueDuplicate")]
    [InlineData("""{"type":"array","items":{"type":"object","properties":{"k":{"type":"string"}}},"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["k"]}""", """[{"k":"a"},{"k":"a"}]""", "FieldValueDuplicate")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}""", "{}", "FieldValueRequired")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"oneOf":[{"required":["a"]},{"required":["b"]}]}""", """{"a":"1","b":"1"}""", "FieldValueInvalid")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"}},"not":{"required":["a"]}}""", """{"a":"1"}""", "FieldValueInvalid")]
    [InlineData("""{"x-kubernetes-int-or-string":true}""", "true", "FieldValueTypeInvalid")]
    [InlineData("""{"type":"string","format":"ipv4"}""", "\"::1\"", "FieldValueInvalid")]
    public void What_breaks_the_schema_is_said(string schema, string value, string reason)
    {
        var causes = new Causes();
        SchemaValidation.Validate(JsonNode.Parse(value), Read(schema), "spec", causes);
        Assert.Equal(reason, Assert.Single(causes.All).Reason);
    }

    [Theory]
    [InlineData("""{"type":"string","enum":["a","b"],"pattern":"^[ab]$"}""", "\"b\"")]
    [InlineData("""{"type":"number"}""", "1")]
    [InlineData("""{"x-kubernetes-int-or-string":true}""", "\"80%\"")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string","nullable":true}}}""", """{"a":null}""")]
    [InlineData("""{"type":"object","x-kubernetes-preserve-unknown-fields":true}""", """{"anything":[1,{"goes":null}]}""")]
    public void What_keeps_it_passes(string schema, string value)
    {
        var causes = new Causes();
        SchemaValidation.Validate(JsonNode.Parse(value), Read(schema), "spec", causes);
        Assert.Empty(causes.All);
    }

    [Fact]
    public void Unknown_fields_go_and_are_named()
    {
        var value = JsonNode.Parse("""{"a":{"b":1,"x":2},"list":[{"k":"1","y":0}],"keep":{"z":1}}""");
        var unknown = new List<string>();
        Pruning.Prune(value, Read("""{"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"integer"}}},"list":{"type":"array","items":{"type":"object","properties":{"k":{"type":"string"}}}},"keep":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}"""), unknown);
        Assert.Equal("""{"a":{"b":1},"list":[{"k":"1"}],"keep":{"z":1}}""", value!.ToJsonString());
        Assert.Equal(["a.x", "list[0].y"], unknown);
    }

    [Fact]
    public void Defaults_fill_what_is_absent_and_what_they_filled()
    {
        var value = JsonNode.Parse("""{"list":[{},{"n":5}],"nothing":null}""");
        Pruning.Default(value, Read("""{"type":"object","properties":{"a":{"type":"object","default":{},"properties":{"b":{"type":"string","default":"x"}}},"nothing":{"type":"string","default":"y"},"list":{"type":"array","items":{"type":"object","properties":{"n":{"type":"integer","default":1}}}}}}"""));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"list":[{"n":1},{"n":5}],"nothing":"y","a":{"b":"x"}}"""), value), value!.ToJsonString());
    }

    [Theory]
    [InlineData("""{"type":"object","properties":{"a":{}}}""")]
    [InlineData("""{"type":"array"}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":{"type":"string"}}""")]
    [InlineData("""{"type":"string","pattern":"(a)\\1"}""")]
    [InlineData("""{"type":"object","x-kubernetes-validations":[{"rule":"true"}]}""")]
    public void A_schema_that_is_not_structural_or_not_supported_is_refused(string schema)
    {
        var causes = new Causes();
        new SchemaReader(causes).Read(JsonNode.Parse(schema)!.AsObject(), "schema");
        Assert.NotEmpty(causes.All);
    }

    private static Schema Read(string schema)
    {
        var causes = new Causes();
        var read = new SchemaReader(causes).Read(JsonNode.Parse(schema)!.AsObject(), "schema");
        Assert.Empty(causes.All);
        return read;
    }
}
