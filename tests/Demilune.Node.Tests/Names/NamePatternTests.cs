using Demilune.Node.Names;

namespace Demilune.Node.Tests.Names;

/// <summary>The examples of policy.networking.k8s.io's definition, and what it says beside them.</summary>
public sealed class NamePatternTests
{
    [Theory]
    [InlineData("kubernetes.io", "kubernetes.io", true)]
    [InlineData("kubernetes.io", "www.kubernetes.io", false)]
    [InlineData("kubernetes.io", "my-kubernetes.io", false)]
    [InlineData("blog.kubernetes.io", "kubernetes.io", false)]
    [InlineData("*.kubernetes.io", "www.kubernetes.io", true)]
    [InlineData("*.kubernetes.io", "latest.blog.kubernetes.io", true)]
    [InlineData("*.kubernetes.io", "kubernetes.io", false)]
    [InlineData("*.kubernetes.io", ".kubernetes.io", false)]
    [InlineData("*.kubernetes.io", "wikipedia.org", false)]
    [InlineData("*.kubernetes.io", "mykubernetes.io", false)]
    [InlineData("KuberNetes.IO.", "kubernetes.io", true)]
    public void A_name_matches_itself_and_a_star_what_is_under_it(string pattern, string name, bool matches)
    {
        Assert.True(NamePattern.TryParse(pattern, out var parsed));
        Assert.Equal(matches, parsed.Matches(name));
    }

    [Theory]
    [InlineData("")]
    [InlineData("*")]
    [InlineData("*.")]
    [InlineData("com")]
    [InlineData("a.*.example.com")]
    [InlineData("w*.example.com")]
    [InlineData("*.*.example.com")]
    [InlineData("exa mple.com")]
    [InlineData("example..com")]
    [InlineData("-a.example.com")]
    public void Anything_else_is_no_name(string pattern) => Assert.False(NamePattern.TryParse(pattern, out _));
}
