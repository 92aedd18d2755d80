using Demilune.Rules.Buffers;

namespace Demilune.Rules.Tests.Keywords;

/// <summary>What content and its modifiers mean, line by line of the user guide.</summary>
public class ContentVectors
{
    [Theory]
    [InlineData("content:\"abc\";", "xxabcxx", true)]
    [InlineData("content:\"abc\";", "xxABCxx", false)]
    [InlineData("content:\"abc\"; nocase;", "xxABCxx", true)]
    [InlineData("content:\"a|62|c\";", "xxabcxx", true)]
    [InlineData("content:\"|61 62 63|\";", "xxabcxx", true)]
    [InlineData("content:\"a\\;b\\\"c\\\\d\\:e\";", "a;b\"c\\d:e", true)]
    [InlineData("content:!\"abc\";", "xxabcxx", false)]
    [InlineData("content:!\"abc\";", "xxxxx", true)]
    [InlineData("content:\"abc\"; depth:3;", "abcxx", true)]
    [InlineData("content:\"abc\"; depth:3;", "xabcx", false)]
    [InlineData("content:\"abc\"; offset:1; depth:3;", "xabcx", true)]
    [InlineData("content:\"abc\"; offset:1; depth:3;", "xxabc", false)]
    [InlineData("content:\"abc\"; offset:3;", "abcxabc", true)]
    [InlineData("content:\"abc\"; offset:5;", "abcxabc", false)]
    [InlineData("content:!\"abc\"; offset:9;", "abc", true)]
    [InlineData("content:\"abc\"; startswith;", "abcd", true)]
    [InlineData("content:\"abc\"; startswith;", "xabc", false)]
    [InlineData("content:\"abc\"; endswith;", "xabc", true)]
    [InlineData("content:\"abc\"; endswith;", "abcabcx", false)]
    [InlineData("content:\"abc\"; endswith;", "abcxabc", true)]
    [InlineData("content:\"abc\"; startswith; endswith;", "abc", true)]
    [InlineData("content:\"abc\"; startswith; endswith;", "abcabc", false)]
    [InlineData("content:\"ab\"; content:\"cd\"; distance:0;", "abcd", true)]
    [InlineData("content:\"ab\"; content:\"cd\"; distance:0;", "cdab", false)]
    [InlineData("content:\"ab\"; content:\"cd\"; distance:1;", "abcd", false)]
    [InlineData("content:\"ab\"; content:\"cd\"; distance:1;", "abxcd", true)]
    [InlineData("content:\"ab\"; content:\"cd\"; distance:1; within:2;", "abxcd", true)]
    [InlineData("content:\"ab\"; content:\"cd\"; distance:1; within:2;", "abxxcd", false)]
    [InlineData("content:\"ab\"; content:\"cd\"; within:3;", "abxcd", true)]
    [InlineData("content:\"ab\"; content:\"cd\"; within:3;", "abxxcd", false)]
    [InlineData("content:\"ab\"; content:\"bc\"; distance:-1;", "abc", true)]
    [InlineData("content:\"cd\"; content:\"ab\"; distance:-100;", "abcd", true)]
    // The first "ab" has no "cd" close enough; the second has: every occurrence is tried.
    [InlineData("content:\"ab\"; content:\"cd\"; within:2;", "abxxabcd", true)]
    [InlineData("content:\"a\"; content:\"b\"; within:1; content:\"c\"; within:1;", "ab abx abc", true)]
    [InlineData("content:\"a\"; content:\"b\"; within:1; content:!\"c\"; within:1;", "abc", false)]
    [InlineData("content:\"a\"; content:\"b\"; within:1; content:!\"c\"; within:1;", "abc abd", true)]
    // A negated content in between does not move the place from which the next one counts.
    [InlineData("content:\"ab\"; content:!\"zz\"; distance:0; content:\"cd\"; within:2;", "abcd", true)]
    [InlineData("content:\"ab\"; isdataat:2,relative;", "abcd", true)]
    [InlineData("content:\"ab\"; isdataat:3,relative;", "abcd", false)]
    [InlineData("content:\"cd\"; isdataat:!1,relative;", "abcd", true)]
    [InlineData("content:\"ab\"; isdataat:!1,relative;", "abcd", false)]
    [InlineData("isdataat:3; content:\"a\";", "abcd", true)]
    [InlineData("isdataat:4; content:\"a\";", "abcd", false)]
    [InlineData("content:\"ab\"; pcre:\"/^\\d+/R\";", "xab12", true)]
    [InlineData("content:\"ab\"; pcre:\"/c/R\";", "cab", false)]
    [InlineData("content:\"ab\"; pcre:\"/\\d/R\"; content:\"z\"; within:1;", "ab1y2z", true)]
    [InlineData("pcre:\"/AbC/i\";", "xxabcx", true)]
    [InlineData("pcre:\"/a.c/\";", "a\nc", false)]
    [InlineData("pcre:\"/a.c/s\";", "a\nc", true)]
    [InlineData("pcre:\"/^c/\";", "a\nc", false)]
    [InlineData("pcre:\"/^c/m\";", "a\nc", true)]
    [InlineData("pcre:!\"/abc/\";", "xabcx", false)]
    [InlineData("pcre:!\"/abc/\";", "xabx", true)]
    [InlineData("pcre:\"/a\\/b\\;c/\";", "a/b;c", true)]
    [InlineData("pcre:\"/(?P<q>['\\\"])x(?P=q)/\";", "'x'", true)]
    public void Payload(string options, string payload, bool matches) => Assert.Equal(matches, RuleProbe.Matches(options, BufferId.PacketPayload, payload));

    [Theory]
    [InlineData("byte_test:2,>,256,0;", "\u0001\u0001", true)]
    [InlineData("byte_test:2,=,257,0;", "\u0001\u0001", true)]
    [InlineData("byte_test:2,=,513,0,little;", "\u0001\u0002", true)]
    [InlineData("byte_test:2,!=,513,0,little;", "\u0001\u0002", false)]
    [InlineData("byte_test:1,&,0x40,0;", "A", true)]
    [InlineData("byte_test:1,!&,0x80,0;", "A", true)]
    [InlineData("byte_test:3,=,123,1,string,dec;", "x123", true)]
    [InlineData("byte_test:2,=,255,0,string,hex;", "ff", true)]
    [InlineData("byte_test:0,=,0,0,string,dec;", "0", true)]
    [InlineData("byte_test:4,=,1,0;", "abc", false)]
    [InlineData("byte_test:1,=,5,0,bitmask 0xF0;", "P", true)]
    [InlineData("content:\"L\"; byte_jump:1,0,relative; content:\"end\"; within:3;", "L\u0002xxend", true)]
    [InlineData("content:\"L\"; byte_jump:1,0,relative; content:\"end\"; within:3;", "L\u0003xxend", false)]
    [InlineData("content:\"L\"; byte_jump:1,0,relative,multiplier 2; content:\"end\"; within:3;", "L\u0001xxend", true)]
    [InlineData("content:\"L\"; byte_jump:1,0,relative,from_beginning; content:\"end\"; within:3;", "xxxxL\u0006end", true)]
    [InlineData("content:\"L\"; byte_jump:1,0,relative,post_offset 1; content:\"end\"; within:3;", "L\u0001xxend", true)]
    [InlineData("byte_jump:1,0; isdataat:!1,relative; content:\"x\";", "\u0002xx", true)]
    [InlineData("byte_jump:4,0; content:\"x\";", "\u00ff\u00ff\u00ff\u00ffx", false)]
    [InlineData("byte_extract:1,0,n; content:\"abc\"; offset:n;", "\u0003xxabc", true)]
    [InlineData("byte_extract:1,0,n; content:\"abc\"; offset:n;", "\u0004xxabc", false)]
    [InlineData("byte_extract:1,0,n; byte_test:1,=,n,1;", "\u0007\u0007", true)]
    [InlineData("byte_math:bytes 1, offset 0, oper +, rvalue 1, result n; byte_test:1,=,n,1;", "\u0007\u0008", true)]
    [InlineData("base64_decode:bytes 8, offset 0; base64_data; content:\"attack\";", "YXR0YWNr", true)]
    [InlineData("content:\"=\"; base64_decode:relative; base64_data; content:\"attack\";", "x=YXR0YWNr", true)]
    [InlineData("base64_decode; base64_data; content:\"defend\";", "YXR0YWNr", false)]
    public void Numbers_and_encodings(string options, string payload, bool matches) =>
        Assert.Equal(matches, RuleProbe.Matches(options, BufferId.PacketPayload, payload));

    [Theory]
    [InlineData("http.uri; content:\"/a\"; bsize:2;", "/a", true)]
    [InlineData("http.uri; content:\"/a\"; bsize:>2;", "/a", false)]
    [InlineData("http.uri; content:\"/a\"; bsize:1<>3;", "/a", true)]
    [InlineData("content:\"/a\"; http_uri;", "/a", true)]
    [InlineData("uricontent:\"/A\"; nocase;", "/a", true)]
    [InlineData("uricontent:!\"/a\"; uricontent:\"b\";", "/ab", false)]
    [InlineData("content:\"/a\"; http_uri; content:\"b\"; http_uri; distance:0;", "/ab", true)]
    [InlineData("content:\"/a\"; http_uri; content:\"b\"; http_uri; distance:0;", "b/a", false)]
    [InlineData("urilen:>3; content:\"/\"; http_uri;", "/abc", true)]
    [InlineData("urilen:2; content:\"/\"; http_uri;", "/abc", false)]
    [InlineData("pcre:\"/^\\/a/U\";", "/abc", true)]
    [InlineData("http.uri; dotprefix; content:\".evil.com\"; endswith;", "evil.com", true)]
    [InlineData("http.uri; dotprefix; content:\".evil.com\"; endswith;", "notevil.com", false)]
    [InlineData("http.uri; to_lowercase; content:\"abc\";", "xABCx", true)]
    [InlineData("http.uri; url_decode; content:\"a b/\";", "a+b%2F", true)]
    [InlineData("http.uri; url_decode; url_decode; content:\"<\";", "%253c", true)]
    [InlineData("http.uri; compress_whitespace; content:\"a b\";", "a \t\r\n b", true)]
    [InlineData("http.uri; strip_whitespace; content:\"ab\";", "a \t b", true)]
    [InlineData("http.uri; to_md5; content:\"|90 01 50 98 3c d2 4f b0 d6 96 3f 7d 28 e1 7f 72|\"; startswith;", "abc", true)]
    [InlineData("http.uri; xor:\"01\"; content:\"abc\";", "`cb", true)]
    [InlineData("http.uri; pcrexform:\"q=([a-z]+)\"; content:\"abc\"; bsize:3;", "/?q=abc1", true)]
    public void Buffers_and_transformations(string options, string uri, bool matches) => Assert.Equal(matches, RuleProbe.Matches(options, BufferId.HttpUri, uri));

    [Fact]
    public void A_test_of_a_multiple_buffer_holds_in_one_instance_of_it()
    {
        const string rule = "http.request_header; content:\"X-A\"; content:\"one\"; distance:0;";
        Assert.True(RuleProbe.Matches(rule, (BufferId.HttpRequestHeader, ["Host: x", "X-A: one"])));
        Assert.False(RuleProbe.Matches(rule, (BufferId.HttpRequestHeader, ["X-A: two", "X-B: one"])));
    }

    [Fact]
    public void An_absent_buffer_satisfies_nothing_not_even_a_negation() =>
        Assert.False(RuleProbe.Matches("http.cookie; content:!\"a\"; http.uri; content:\"/\";", BufferId.HttpUri, "/"));

    [Fact]
    public void Every_buffer_of_a_rule_has_to_hold()
    {
        const string rule = "http.method; content:\"POST\"; http.uri; content:\"/x\"; http.request_body; content:\"boom\";";
        Assert.True(RuleProbe.Matches(rule, (BufferId.HttpMethod, ["POST"]), (BufferId.HttpUri, ["/x"]), (BufferId.HttpRequestBody, ["a boom b"])));
        Assert.False(RuleProbe.Matches(rule, (BufferId.HttpMethod, ["POST"]), (BufferId.HttpUri, ["/y"]), (BufferId.HttpRequestBody, ["a boom b"])));
        Assert.False(RuleProbe.Matches(rule, (BufferId.HttpMethod, ["POST"]), (BufferId.HttpUri, ["/x"])));
    }
}
