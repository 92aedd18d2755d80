namespace Demilune.Contracts.FirewallLink;

/// <summary>A policy's allow-list: whatever none of it allows is denied. Absent lists say nothing.</summary>
public sealed record EngineAccess
{
    public IReadOnlyList<HttpAccess>? Http { get; init; }
    public IReadOnlyList<GrpcAccess>? Grpc { get; init; }
    public IReadOnlyList<TlsAccess>? Tls { get; init; }
    public IReadOnlyList<DnsAccess>? Dns { get; init; }

    /// <summary>Names of protocols as rules spell them; "unknown": whatever is not recognised.</summary>
    public IReadOnlyList<string>? Applications { get; init; }

    /// <summary>"Respond" (default), "Reset" or "Drop".</summary>
    public string? OnDenied { get; init; }
}

/// <summary>Requests: all that is said must hold, one of each list.</summary>
/// <param name="Hosts">"example.com", "*.example.com", "*".</param>
public sealed record HttpAccess(
    IReadOnlyList<string>? Methods = null, IReadOnlyList<string>? Hosts = null, IReadOnlyList<TextAccess>? Paths = null, IReadOnlyList<HeaderAccess>? Headers = null);

/// <summary>At most one of them.</summary>
public sealed record TextAccess(string? Exact = null, string? Prefix = null, string? Regex = null);

/// <param name="Value">Null: any.</param>
public sealed record HeaderAccess(string Name, TextAccess? Value = null);

/// <param name="Services">"package.Service", "package.*".</param>
public sealed record GrpcAccess(IReadOnlyList<string>? Services = null, IReadOnlyList<string>? Methods = null);

/// <param name="MinVersion">"1.0" to "1.3".</param>
/// <param name="Ja3">MD5 in hexadecimal.</param>
public sealed record TlsAccess(IReadOnlyList<string>? ServerNames = null, string? MinVersion = null, IReadOnlyList<string>? Ja3 = null, IReadOnlyList<string>? Ja4 = null);

/// <param name="Types">"A", "AAAA", or a number.</param>
public sealed record DnsAccess(IReadOnlyList<string>? Names = null, IReadOnlyList<string>? Types = null);
