using System.Text.Json.Nodes;
using Demilune.Kubernetes.Api;
using Demilune.Kubernetes.Crds;

namespace Demilune.Kubernetes.Tests.Crds;

public sealed class CrdTests
{
    public static TheoryData<string> Kinds => [.. CrdGenerator.Kinds.Select(kind => kind.Name)];

    /// <summary>UPDATE_VECTORS=1 rewrites; review the diff: it is what every cluster will be told.</summary>
    [Theory, MemberData(nameof(Kinds))]
    public void The_committed_definition_is_the_one_that_the_code_makes(string kind)
    {
        var definition = CrdGenerator.Definition(CrdGenerator.Kinds.Single(type => type.Name == kind));
        var file = Path.Combine(Root(), "deploy", "crds", definition["metadata"]!["name"]!.GetValue<string>() + ".yaml");
        var yaml = CrdYaml.Write(definition);
        if (Environment.GetEnvironmentVariable("UPDATE_VECTORS") is "1") File.WriteAllText(file, yaml);
        else Assert.Equal(File.ReadAllText(file), yaml);
    }

    [Fact]
    public void The_yaml_says_what_the_json_says()
    {
        var definition = CrdGenerator.Definition(typeof(SecurityPolicy));
        var read = new YamlDotNet.Serialization.DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build()
            .Deserialize<object>(CrdYaml.Write(definition));
        var json = new YamlDotNet.Serialization.SerializerBuilder().JsonCompatible().Build().Serialize(read);
        Assert.True(JsonNode.DeepEquals(definition, JsonNode.Parse(json)), json);
    }

    [Fact]
    public void Every_member_is_described_and_every_enumeration_listed()
    {
        foreach (var kind in CrdGenerator.Kinds)
        {
            var schema = CrdGenerator.Definition(kind)["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!;
            foreach (var part in new[] { "spec", "status" })
                foreach (var (name, member) in schema["properties"]![part]!["properties"]!.AsObject())
                    Assert.True(member!["description"] is not null, $"{kind.Name}.{part}.{name} has no description");
        }
        var mode = CrdGenerator.Definition(typeof(SecurityPolicy))["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!
            ["properties"]!["spec"]!["properties"]!["mode"]!;
        Assert.Equal("""["Prevent","Detect"]""", mode["enum"]!.ToJsonString());
        Assert.Equal("Prevent", (string?)mode["default"]);
    }

    [Fact]
    public void An_object_reads_back_as_it_was_written()
    {
        var policy = new SecurityPolicy
        {
            Kind = "SecurityPolicy",
            Metadata = new() { Name = "web" },
            Spec = new() { Mode = PolicyMode.Detect, OnFailure = FailureAction.Open, Rules = [new() { Builtin = "web-baseline" }] },
        };
        var json = ObjectJson.Write(policy);
        Assert.Contains("\"mode\":\"Detect\"", json);
        Assert.DoesNotContain("null", json);
        using var document = System.Text.Json.JsonDocument.Parse(json);
        Assert.Equal(json, ObjectJson.Write(ObjectJson.Read<SecurityPolicy>(document.RootElement)));
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Demilune.slnx"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("not inside the repository");
    }
}
