using CsCheck;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Tests.Syntax;

public class HostileText
{
    private static readonly string[] s_seeds =
    [
        "alert http any any -> any any (msg:\"x\"; http.uri; content:\"a|0d 0a|b\"; nocase; distance:-3; within:20; pcre:\"/^a(b|c)+$/Rsi\"; sid:1;)",
        "drop tcp [10.0.0.0/8,!10.1.0.0/16] [1:100,!50] <> $HOME_NET any (byte_test:4,>,10,0,relative,string,dec; byte_jump:2,0,align; isdataat:!1,relative; sid:2; rev:3;)",
        "pass udp any any -> any 53 (dns.query; dotprefix; content:\".a\"; endswith; bsize:1<>9; threshold:type limit, track by_src, count 1, seconds 60; metadata:a b, c d; sid:3;)",
        "alert tcp any any -> any any (flags:S+,CE; ttl:<5; flow:to_server,established; flowbits:isset,a|b; base64_decode:bytes 5, offset 1; base64_data; content:\"x\"; \\\n sid:4;)",
    ];

    private static readonly Gen<string> s_text = Gen.Select(Gen.Int[0, s_seeds.Length - 1], Gen.Select(Gen.Int[0, 400], Gen.Char["();:\"|!,<>\\[]$#\n 0aZ-\u00e9\ud800/{}="], Gen.Int[0, 2]).Array[0, 8])
        .Select((seed, edits) =>
        {
            var text = s_seeds[seed];
            foreach (var (at, letter, kind) in edits)
            {
                var place = at % (text.Length + 1);
                text = kind switch
                {
                    0 => text.Insert(place, letter.ToString()),
                    1 when place < text.Length => text.Remove(place, 1),
                    _ => text[..place] + letter + text[Math.Min(text.Length, place + 7)..],
                };
            }
            return text;
        });

    [Fact]
    public void Whatever_the_text_each_rule_loads_or_is_refused_at_a_place_in_it() =>
        s_text.Sample(text =>
        {
            var compiled = RuleProbe.Compile(text);
            var lines = text.Split('\n');
            return compiled.Errors.All(error => error.Message.Length > 0 && error.Line >= 1 && error.Line <= lines.Length
                && error.Column >= 1 && error.Column <= lines[error.Line - 1].Length + 1);
        }, iter: 20_000);

    [Fact]
    public void Random_bytes_are_read_to_their_end() =>
        Gen.String.Sample(text =>
        {
            var reader = new RuleReader(text);
            var count = 0;
            while (reader.TryRead(out _, out _, out _)) count++;
            return count <= text.Length;
        });

    [Theory]
    [InlineData(100_000)]
    public void Depth_and_length_have_limits(int size)
    {
        Assert.Contains("nested deeper", RuleProbe.Fault($"alert tcp {new string('[', 100)}1.1.1.1{new string(']', 100)} any -> any any (sid:1;)"), StringComparison.Ordinal);
        Assert.Contains("more than", RuleProbe.Fault($"alert tcp any any -> any any (msg:\"{new string('a', size)}\"; sid:1;)"), StringComparison.Ordinal);
        Assert.Contains("at most", RuleProbe.Fault($"alert tcp any any -> any any ({string.Concat(Enumerable.Repeat("rev:1; ", 2000))}sid:1;)"), StringComparison.Ordinal);
    }
}
