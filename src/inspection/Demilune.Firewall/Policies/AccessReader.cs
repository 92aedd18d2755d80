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
                reader.Tell("", "it is null");
                return null;
            }
            var list = reader.Read(policy, access);
            return reader._problems.Count == 0 ? list : null;
        }
        catch (JsonException failure)
        {
            reader.Tell("", failure.Message);
            return null;
        }
    }

    private AccessList Read(string policy, EngineAccess access) => new(
        policy, Each(access.Http, "http", Http), Each(access.Tls, "tls", Tls), Each(access.Dns, "dns", Dns), Each(access.Applications, "applications", Application),
        access.OnDenied switch { "Drop" => DenialResponse.Drop, "Reset" => DenialResponse.Reset, _ => DenialResponse.Respond })
    {
        Grpc = Each(access.Grpc, "grpc", Grpc),
    };

    private ImmutableArray<TTo> Each<TFrom, TTo>(IReadOnlyList<TFrom>? said, string field, Func<TFrom, string, TTo> read)
    {
        var all = ImmutableArray.CreateBuilder<TTo>();
        for (var i = 0; i < said?.Count; i++)
        {
            var where = string.Create(CultureInfo.InvariantCulture, $"{field}[{i}]");
            if (said[i] is { } one) all.Add(read(one, where));
            else Tell(where, "is null");
        }
        return all.ToImmutable();
    }

    private HttpAllowance Http(HttpAccess http, string field) => new(
        Words(http.Methods, $"{field}.methods", Token(), "is no method"), Names(http.Hosts, $"{field}.hosts"),
        [.. Each(http.Paths, $"{field}.paths", Path).OfType<TextPattern>()],
        Each(http.Headers, $"{field}.headers", (header, where) =>
        {
            if (!Token().IsMatch(header.Name)) Tell($"{where}.name", $"\"{header.Name}\" is no name of a field");
            return new HeaderPattern(header.Name, header.Value is null ? null : Text(header.Value, $"{where}.value"));
        }));

    private GrpcAllowance Grpc(GrpcAccess grpc, string field) => new(
        Words(grpc.Services, $"{field}.services", ServiceName(), "is neither like package.Service nor like package.*"), Words(grpc.Methods, $"{field}.methods", MethodName(), "is no name"));

    private TlsAllowance Tls(TlsAccess tls, string field) => new(Names(tls.ServerNames, $"{field}.serverNames"), tls.MinVersion switch
    {
        null => 0,
        "1.0" => TlsVersions.Tls10,
        "1.1" => TlsVersions.Tls11,
        "1.2" => TlsVersions.Tls12,
        "1.3" => TlsVersions.Tls13,
        var other => (ushort)Tell($"{field}.minVersion", $"\"{other}\" is none of 1.0, 1.1, 1.2, 1.3"),
    })
    {
        Ja3 = Words(tls.Ja3, $"{field}.ja3", Ja3Hash(), "is no JA3: 32 digits in lower case"),
        Ja4 = Words(tls.Ja4, $"{field}.ja4", Ja4Text(), "is no JA4"),
    };

    private DnsAllowance Dns(DnsAccess dns, string field) => new(Names(dns.Names, $"{field}.names"), Each(dns.Types, $"{field}.types", Type));

    private DnsType Type(string text, string field) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? (DnsType)number
        : Enum.TryParse<DnsType>(text, ignoreCase: true, out var known) ? known
        : (DnsType)Tell(field, $"\"{text}\" is not known; its number would do");

    private AppProtocol Application(string name, string field)
    {
        if (s_applications.Find(name) is { } known) return known;
        Tell(field, $"\"{name}\" is not recognised here");
        return AppProtocol.Unknown;
    }

    private ImmutableArray<NamePattern> Names(IReadOnlyList<string>? names, string field) =>
        [.. Words(names, field, HostName(), "is no name: example.com, *.example.com or *, without a port").Select(name => new NamePattern(name))];

    private ImmutableArray<string> Words(IReadOnlyList<string>? said, string field, Pattern form, string wrong) => Each(said, field, (word, where) =>
    {
        if (!form.IsMatch(word)) Tell(where, $"\"{word}\" {wrong}");
        return word;
    });

    /// <summary>What requests' paths never are when they are compared would match nothing, and its author would wonder.</summary>
    private TextPattern? Path(TextAccess text, string field)
    {
        if ((text.Exact ?? text.Prefix) is { } path && !PlainPath().IsMatch(path))
            Tell(field, $"\"{path}\" matches nothing: paths begin with a slash and are compared decoded, without query, parameters, dot segments and doubled slashes");
        return Text(text, field);
    }

    private TextPattern? Text(TextAccess text, string field)
    {
        switch (text)
        {
            case { Exact: { } exact, Prefix: null, Regex: null }:
                return TextPattern.Exact(exact);
            case { Exact: null, Prefix: { } prefix, Regex: null }:
                return TextPattern.PathPrefix(prefix);
            case { Exact: null, Prefix: null, Regex: { } pattern }:
                if (TextPattern.TryRegex(pattern, _regex, out var error) is { } compiled) return compiled;
                Tell($"{field}.regex", error!);
                return null;
            default:
                Tell(field, "needs exactly one of exact, prefix and regex");
                return null;
        }
    }

    /// <summary>As of rules: what is wrong where. A field has no lines.</summary>
    private int Tell(string field, string problem)
    {
        _problems.Add(field.Length == 0 ? $"allow:1:1: {problem}" : $"allow.{field}:1:1: {problem}");
        return 0;
    }

    [GeneratedRegex(@"\A(\*|(\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\])\z", PatternOptions.CultureInvariant)]
    private static partial Pattern HostName();

    /// <summary>RFC 9110 §5.6.2.</summary>
    [GeneratedRegex(@"\A[!#$%&'*+.^_`|~0-9A-Za-z-]+\z", PatternOptions.CultureInvariant)]
    private static partial Pattern Token();

    [GeneratedRegex(@"\A/(?!.*(//|/\.\.?(/|\z)|%[0-9A-Fa-f]{2}|[?#;\\\x00-\x1f\x7f]))(?!/).*\z", PatternOptions.CultureInvariant | PatternOptions.Singleline)]
    private static partial Pattern PlainPath();

    [GeneratedRegex(@"\A([A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*(\.\*)?|\*)\z", PatternOptions.CultureInvariant)]
    private static partial Pattern ServiceName();

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]*\z", PatternOptions.CultureInvariant)]
    private static partial Pattern MethodName();

    [GeneratedRegex(@"\A[0-9a-f]{32}\z", PatternOptions.CultureInvariant)]
    private static partial Pattern Ja3Hash();

    [GeneratedRegex(@"\A[tqd][0-9s][0-9][di][0-9]{4}[0-9A-Za-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}\z", PatternOptions.CultureInvariant)]
    private static partial Pattern Ja4Text();

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
