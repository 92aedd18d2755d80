using Demilune.Rules.Classifications;
using Demilune.Rules.Compile;

namespace Demilune.Rules.Tests.Classifications;

public class ConfigTests
{
    [Fact]
    public void A_class_gives_its_rules_priority_and_category()
    {
        var classes = ClassificationConfig.Read(new("classification.config", """
            # comment
            config classification: web-application-attack,Web Application Attack,1
            config classification: wrong
            config classification: own-class, Our own class ,7
            """), out var errors);
        Assert.Equal("classification.config:3:1", $"{Assert.Single(errors)}"[..25]);
        var compiled = RuleSet.Compile([new("r", """
            alert tcp any any -> any any (classtype:own-class; sid:1;)
            alert tcp any any -> any any (classtype:own-class; priority:2; sid:2;)
            alert tcp any any -> any any (classtype:nobody-knows; sid:3;)
            """)], new() { Classifications = classes });
        Assert.Equal([(2u, 2, "Our own class"), (3u, 3, "nobody-knows"), (1u, 7, "Our own class")],
            compiled.Rules.Signatures.Select(signature => (signature.Sid, signature.Priority, signature.Category)));
    }

    [Fact]
    public void A_reference_leads_to_an_address()
    {
        var kinds = ReferenceConfig.Read(new("reference.config", "config reference: bug https://bugs.example/\nconfig reference: secret\nnonsense"), out var errors);
        Assert.Single(errors);
        Assert.Equal("https://bugs.example/17", new RuleReference("bug", "17").Resolve(kinds));
        Assert.Null(new RuleReference("other", "17").Resolve(kinds));
        Assert.Equal("https://www.cve.org/CVERecord?id=CVE-2021-44228", new RuleReference("cve", "2021-44228").Resolve(ReferenceConfig.Default));
    }
}
