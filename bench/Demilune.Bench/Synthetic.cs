using System.Globalization;

namespace Demilune.Bench;

/// <summary>Rules that nobody wrote: of the shapes that people write, in the shares that public rule sets have them, the same ones each time.</summary>
internal static class Synthetic
{
    private const int Seed = 7;

    /// <summary>One line for each; a word stands for a content of 6 to 14 letters.</summary>
    private static readonly Func<Words, string>[] s_shapes =
    [
        words => $"""http any any -> any any (flow:established,to_server; http.uri; content:"/{words.Next()}/{words.Next()}"; fast_pattern;""",
        words => $"""http any any -> any any (flow:established,to_server; http.method; content:"POST"; http.uri; content:"/{words.Next()}.php"; http.request_body; content:"{words.Next()}=";""",
        words => $"""http any any -> any any (flow:established,to_server; http.user_agent; content:"{words.Next()}/"; startswith;""",
        words => $"""http any any -> any any (flow:established,to_server; http.uri; content:"{words.Next()}"; pcre:"/{words.Next()}[0-9]+\.(?:exe|dll)$/U";""",
        words => $"""http any any -> any any (flow:established,to_client; file.data; content:"{words.Next()}"; content:"{words.Next()}"; distance:0; within:200;""",
        words => $"""dns any any -> any any (dns.query; content:"{words.Next()}.{words.Next()}"; nocase; endswith;""",
        words => $"""tls any any -> any any (flow:established,to_server; tls.sni; content:"{words.Next()}.example"; nocase; endswith;""",
        words => $"""tcp any any -> any [{words.Number(1, 9000)},{words.Number(9001, 60000)}] (flow:established,to_server; content:"{words.Next()}"; depth:64; content:"|00 {words.Number(10, 99)}|"; distance:2;""",
        words => $"""udp any any -> any any (content:"{words.Next()}"; offset:4; depth:40;""",
    ];

    public static int Write(string file, int count)
    {
        var words = new Words();
        using var output = File.CreateText(file);
        for (var sid = 1; sid <= count; sid++)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"alert {s_shapes[sid % s_shapes.Length](words)} msg:\"synthetic {sid}\"; classtype:trojan-activity; sid:{9_000_000 + sid}; rev:1;)"));
        return 0;
    }

    private sealed class Words
    {
        private readonly Random _random = new(Seed);

        public string Next() => string.Create(_random.Next(6, 15), _random, static (letters, random) =>
        {
            foreach (ref var letter in letters) letter = (char)('a' + random.Next(26));
        });

        public int Number(int from, int to) => _random.Next(from, to);
    }
}
