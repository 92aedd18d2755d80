namespace Demilune.Firewall.Tests;

internal static class TestRules
{
    /// <summary>Drops what says "evil" in the request's URI.</summary>
    public const string Evil =
        """drop http any any -> any any (msg:"evil"; flow:established,to_server; http.uri; content:"evil"; nocase; sid:9999901; rev:1;)""";

    public const string Other =
        """drop http any any -> any any (msg:"other"; flow:established,to_server; http.uri; content:"other"; sid:9999902; rev:1;)""";

    public const string Wrong = """drop http any any -> any any (msg:"wrong"; no_such_keyword:1; sid:9999903;)""";
}
