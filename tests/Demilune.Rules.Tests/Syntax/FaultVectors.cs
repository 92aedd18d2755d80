namespace Demilune.Rules.Tests.Syntax;

public class FaultVectors
{
    [Theory]
    [InlineData("alert http any any -> any any (msg:\"x\"; content:\"a\";)", "test.rules:1:1: Every rule needs a sid")]
    [InlineData("alert http any any -> any any (contnet:\"a\"; sid:1;)", "test.rules:1:32: There is no keyword 'contnet'; 'content' perhaps")]
    [InlineData("alert http any any -> any any (content:\"a|4|\"; sid:1;)", "test.rules:1:42: Between bars")]
    [InlineData("alert http any any -> any any (content:\"a; sid:1;)", "test.rules:1:40: The value of 'content' has to be in double quotes")]
    [InlineData("alert http any any -> any any (nocase; sid:1;)", "test.rules:1:32: 'nocase' modifies the content before it")]
    [InlineData("alert htttp any any -> any any (sid:1;)", "test.rules:1:7: There is no protocol 'htttp'")]
    [InlineData("alert tcp 10.0.0.300 any -> any any (sid:1;)", "test.rules:1:11: '10.0.0.300' is no address")]
    [InlineData("alert tcp any 70000 -> any any (sid:1;)", "test.rules:1:15: '70000' is no port")]
    [InlineData("alert tcp [10.0.0.0/8,$NOPE] any -> any any (sid:1;)", "test.rules:1:23: The variable $NOPE is not defined")]
    [InlineData("alert tcp any any - any any (sid:1;)", "test.rules:1:19: Between the two ends")]
    [InlineData("alert tcp any any -> any any (sid:1;", "Expected ) at the end")]
    [InlineData("alert tcp any any -> any any (geoip:src,NL; sid:7;)", "'geoip' is not supported: there is no GeoIP database. The rule is not loaded, since without this condition it would mean something else. (sid 7)")]
    [InlineData("alert tcp any any -> any any (content:\"a\"; tls.store; sid:7;)", "tls.store is for rules about TLS")]
    [InlineData("alert http any any -> any any (flow:to_client; http.uri; content:\"/\"; sid:1;)", "http.uri exists to_server only")]
    [InlineData("alert tcp any any -> any any (content:\"abc\"; depth:2; sid:1;)", "depth:2 is less than the content's 3 bytes")]
    [InlineData("alert tcp any any -> any any (content:\"abc\"; offset:1; distance:2; sid:1;)", "not both")]
    [InlineData("alert tcp any any -> any any (pcre:\"/(/\"; sid:1;)", "This expression cannot be used")]
    [InlineData("\n# a comment\nalert tcp any any -> any any (content:\"a\"; \\\n  depht:5; sid:1;)", "test.rules:4:3: There is no keyword 'depht'; 'depth' perhaps")]
    public void A_wrong_rule_is_told_where_and_what_would_be_right(string rule, string message) => Assert.Contains(message, RuleProbe.Fault(rule), StringComparison.Ordinal);

    [Fact]
    public void A_wrong_rule_does_not_keep_others_from_loading()
    {
        var compiled = RuleProbe.Compile("""
            alert tcp any any -> any any (content:"one"; sid:1;)
            alert tcp any any -> any any (nonsense; sid:2;)
            # alert tcp any any -> any any (content:"commented"; sid:3;)
            alert tcp any any -> any any (content:"continued"; \
                nocase; sid:4;)
            alert tcp any any -> any any (content:"twice"; sid:1;)
            """);
        Assert.Equal([1u, 4u], compiled.Rules.Signatures.Select(signature => signature.Sid));
        Assert.Equal([2u, 1u], compiled.Errors.Select(error => error.Sid));
        Assert.Contains("taken by the rule at test.rules:1", compiled.Errors[1].Message, StringComparison.Ordinal);
    }
}
