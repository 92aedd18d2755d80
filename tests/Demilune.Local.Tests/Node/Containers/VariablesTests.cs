using Demilune.Local.Images;
using Demilune.Local.Node;
using Demilune.Local.Node.Containers;
using k8s.Models;

namespace Demilune.Local.Tests.Node.Containers;

public sealed class VariablesTests
{
    private static readonly Variables.Sources Sources = new(
        new Dictionary<string, V1ConfigMap> { ["settings"] = new() { Data = new Dictionary<string, string> { ["COLOUR"] = "blue", ["SIZE"] = "9" } } },
        new Dictionary<string, V1Secret> { ["password"] = new() { Data = new Dictionary<string, byte[]> { ["value"] = "geheim"u8.ToArray() } } },
        ["10.0.0.7", "fd00::7"], ["192.0.2.1"]);

    [Fact]
    public void Every_kind_of_source_gives_its_value()
    {
        var container = new V1Container
        {
            Name = "main",
            EnvFrom = [new V1EnvFromSource { Prefix = "S_", ConfigMapRef = new V1ConfigMapEnvSource { Name = "settings" } }],
            Resources = new V1ResourceRequirements { Limits = new Dictionary<string, ResourceQuantity> { ["memory"] = "64Mi" } },
            Env =
            [
                new V1EnvVar { Name = "PLAIN", Value = "x$(S_SIZE)$$(S_SIZE)$(NONE)" },
                new V1EnvVar { Name = "POD", ValueFrom = new V1EnvVarSource { FieldRef = new V1ObjectFieldSelector { FieldPath = "metadata.name" } } },
                new V1EnvVar { Name = "IP", ValueFrom = new V1EnvVarSource { FieldRef = new V1ObjectFieldSelector { FieldPath = "status.podIP" } } },
                new V1EnvVar { Name = "APP", ValueFrom = new V1EnvVarSource { FieldRef = new V1ObjectFieldSelector { FieldPath = "metadata.labels['app']" } } },
                new V1EnvVar { Name = "SECRET", ValueFrom = new V1EnvVarSource { SecretKeyRef = new V1SecretKeySelector { Name = "password", Key = "value" } } },
                new V1EnvVar { Name = "MEMORY", ValueFrom = new V1EnvVarSource { ResourceFieldRef = new V1ResourceFieldSelector { Resource = "limits.memory", Divisor = "1Mi" } } },
                new V1EnvVar { Name = "PERHAPS", ValueFrom = new V1EnvVarSource { SecretKeyRef = new V1SecretKeySelector { Name = "none", Key = "k", Optional = true } } },
            ],
        };
        var variables = Variables.Resolve(SomePod.Running(""), container, ["PATH=/bin", "FROM_IMAGE=1"], Sources).ToDictionary();
        Assert.Equal("x9$(S_SIZE)$(NONE)", variables["PLAIN"]);
        Assert.Equal("blue", variables["S_COLOUR"]);
        Assert.Equal("some", variables["POD"]);
        Assert.Equal("10.0.0.7", variables["IP"]);
        Assert.Equal("web", variables["APP"]);
        Assert.Equal("geheim", variables["SECRET"]);
        Assert.Equal("64", variables["MEMORY"]);
        Assert.Equal(("/bin", "1"), (variables["PATH"], variables["FROM_IMAGE"]));
        Assert.DoesNotContain("PERHAPS", variables);
    }

    [Fact]
    public void A_key_that_is_missing_is_named()
    {
        var container = new V1Container { Env = [new V1EnvVar { Name = "X", ValueFrom = new V1EnvVarSource { ConfigMapKeyRef = new V1ConfigMapKeySelector { Name = "settings", Key = "nope" } } }] };
        var error = Assert.Throws<NodeException>(() => Variables.Resolve(SomePod.Running(""), container, [], Sources));
        Assert.Equal("couldn't find key nope in ConfigMap test/settings", error.Message);
        Assert.Equal("CreateContainerConfigError", error.Reason);
    }

    /// <summary>The table of "Define a Command and Arguments for a Container".</summary>
    [Theory]
    [InlineData(null, null, "/entry cmd")]
    [InlineData("/run", null, "/run")]
    [InlineData(null, "arg", "/entry arg")]
    [InlineData("/run", "arg", "/run arg")]
    public void Command_and_args_replace_entrypoint_and_cmd_as_documented(string? command, string? args, string expected)
    {
        var image = new ImageConfig { Entrypoint = ["/entry"], Command = ["cmd"] };
        var container = new V1Container { Command = command is null ? null : [command], Args = args is null ? null : [args] };
        Assert.Equal(expected, string.Join(' ', Variables.Arguments(container, image, new Dictionary<string, string>())));
    }
}
