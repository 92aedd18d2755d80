using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Demilune.Contracts.FirewallLink;
using Demilune.Inspection.Access;
using Demilune.Rules.Headers;
using Demilune.Rules.Regex;
using Demilune.Wire.Dns;
using Demilune.Wire.Tls;
using GeneratedRegex = System.Text.RegularExpressions.GeneratedRegexAttribute;
using Pattern = System.Text.RegularExpressions.Regex;
using PatternOptions = System.Text.RegularExpressions.RegexOptions;

namespace Demilune.Firewall.Policies;

/// <summary>An allow-list as the contract has it → as the inspector judges by it.</summary>
public sealed partial class AccessReader
{
    private static readonly FrozenNames s_applications = new();

    private readonly IRegexEngine _regex;
    private readonly List<string> _problems = [];

    private AccessReader(IRegexEngine regex) => _regex = regex;

    /// <param name="policy">Its name.</param>
    /// <param name="json">As <see cref="EnginePolicy.Access"/>.</param>
    /// <param name="errors">Why there is none.</param>
    /// <returns>Null: something in it makes no sense; half an allow-list would deny what was meant to pass, or pass what was not.</returns>
    public static AccessList? TryRead(string policy, string json, IRegexEngine regex, out IReadOnlyList<string> errors)
    {
        var reader = new AccessReader(regex);
        errors = reader._problems;
        try
        {
            if (JsonSerializer.Deserialize(json, FirewallLinkJson.Default.EngineAccess) is not { } access)
            {
                reader.Tell("it is null");
                return null;
            }
            var list = reader.Read(policy, access);
            return reader._problems.Count == 0 ? list : null;
        }
        catch (JsonException failure)
        {
            reader.Tell(failure.Message);
            return null;
        }
    }

    private AccessList Read(string policy, EngineAccess access) => new(
        policy,
        [.. (access.Http ?? []).Select(Http)], [.. (access.Tls ?? []).Select(Tls)], [.. (access.Dns ?? []).Select(Dns)],
        [.. (access.Applications ?? []).Select(Application)],
        access.OnDenied switch { "Drop" => DenialResponse.Drop, "Reset" => DenialResponse.Reset, _ => DenialResponse.Respond })
    {
        Grpc = [.. (access.Grpc ?? []).Select(Grpc)],
    };

    private GrpcAllowance Grpc(GrpcAccess grpc)
    {
        foreach (var service in grpc.Services ?? [])
            if (!ServiceName().IsMatch(service)) Tell($"grpc service {service} is neither like package.Service nor like package.*");
        foreach (var method in grpc.Methods ?? [])
            if (!MethodName().IsMatch(method)) Tell($"grpc method {method} is no name");
        return new([.. grpc.Services ?? []], [.. grpc.Methods ?? []]);
    }

    [GeneratedRegex(@"^([A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*(\.\*)?|\*)$", PatternOptions.CultureInvariant)]
    private static partial Pattern ServiceName();

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$", PatternOptions.CultureInvariant)]
    private static partial Pattern MethodName();

    [GeneratedRegex("^[0-9a-f]{32}$", PatternOptions.CultureInvariant)]
    private static partial Pattern Ja3Hash();

    [GeneratedRegex("^[tqd][0-9s][0-9][di][0-9]{4}[0-9A-Za-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}$", PatternOptions.CultureInvariant)]
    private static partial Pattern Ja4Text();

    private HttpAllowance Http(HttpAccess http) => new(
        [.. http.Methods ?? []], Names(http.Hosts), [.. (http.Paths ?? []).Select(path => Text(path, "path")).OfType<TextPattern>()],
        [.. (http.Headers ?? []).Select(header => new HeaderPattern(header.Name, header.Value is null ? null : Text(header.Value, $"header {header.Name}")))]);

    private TlsAllowance Tls(TlsAccess tls) => new(Names(tls.ServerNames), tls.MinVersion switch
    {
        null => 0,
        "1.0" => TlsVersions.Tls10,
        "1.1" => TlsVersions.Tls11,
        "1.2" => TlsVersions.Tls12,
        "1.3" => TlsVersions.Tls13,
        var other => (ushort)Tell($"tls.minVersion {other} is none of 1.0, 1.1, 1.2, 1.3"),
    })
    {
        Ja3 = Fingerprints(tls.Ja3, Ja3Hash(), "ja3"),
        Ja4 = Fingerprints(tls.Ja4, Ja4Text(), "ja4"),
    };

    private ImmutableArray<string> Fingerprints(IReadOnlyList<string>? said, Pattern form, string what)
    {
        foreach (var one in said ?? [])
            if (!form.IsMatch(one)) Tell($"tls.{what} {one} is none");
        return [.. said ?? []];
    }

    private DnsAllowance Dns(DnsAccess dns) => new(Names(dns.Names), [.. (dns.Types ?? []).Select(Type)]);

    private DnsType Type(string text) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? (DnsType)number
        : Enum.TryParse<DnsType>(text, ignoreCase: true, out var known) ? known
        : (DnsType)Tell($"dns type {text} is not known; its number would do");

    private AppProtocol Application(string name)
    {
        if (s_applications.Find(name) is { } known) return known;
        Tell($"application {name} is not recognised here");
        return AppProtocol.Unknown;
    }

    private static ImmutableArray<NamePattern> Names(IReadOnlyList<string>? names) => [.. (names ?? []).Select(name => new NamePattern(name))];

    private TextPattern? Text(TextAccess text, string what)
    {
        switch (text)
        {
            case { Exact: { } exact, Prefix: null, Regex: null }:
                return TextPattern.Exact(exact);
            case { Exact: null, Prefix: { } prefix, Regex: null }:
                return TextPattern.PathPrefix(prefix);
            case { Exact: null, Prefix: null, Regex: { } pattern }:
                if (TextPattern.TryRegex(pattern, _regex, out var error) is { } compiled) return compiled;
                Tell($"{what}: {error}");
                return null;
            default:
                Tell($"{what} needs exactly one of exact, prefix and regex");
                return null;
        }
    }

    private int Tell(string problem)
    {
        _problems.Add($"allow:1:1: {problem}");
        return 0;
    }

    /// <summary>What rules call protocols, and what people call ours.</summary>
    private sealed class FrozenNames
    {
        private readonly Dictionary<string, AppProtocol> _names = Enum.GetValues<AppProtocol>()
            .Where(Inspection.Inspector.Recognises).Where(app => app is not (AppProtocol.Unknown or AppProtocol.Failed))
            .ToDictionary(app => app.ToString(), StringComparer.OrdinalIgnoreCase);

        public FrozenNames()
        {
            _names["http"] = AppProtocol.Http1;
            _names["unknown"] = AppProtocol.Failed;
        }

        public AppProtocol? Find(string name) => _names.TryGetValue(name, out var app) ? app : null;
    }
}
