using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Rules.Keywords;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Analysis;

/// <summary>Describes a rule that has been understood.</summary>
internal sealed class RuleAnalyst(SignatureBuilder builder, RuleSyntax rule, RuleHeader header, FlowDirections directions, PayloadScope scope)
{
    /// <summary>Conditions on a packet or its flow: not in any buffer.</summary>
    private static readonly HashSet<string> s_packetKeywords =
    [
        "ttl", "tos", "id", "ip_proto", "sameip", "fragbits", "fragoffset", "flags", "tcp.flags", "seq", "tcp.seq", "ack", "tcp.ack", "window", "tcp.mss", "itype", "icode", "icmp_id", "icmp_seq",
        "dsize", "stream_size", "ipopts", "decode-event", "stream-event", "engine-event", "app-layer-protocol", "iprep", "geoip", "tcp.wscale", "flow.age",
        "ipv4-csum", "tcpv4-csum", "tcpv6-csum", "udpv4-csum", "udpv6-csum", "icmpv4-csum", "icmpv6-csum",
    ];

    private static readonly HashSet<string> s_afterwards = ["tag", "filestore", "replace"];

    private readonly Dictionary<int, OptionSyntax> _options = rule.Options.ToDictionary(option => option.NamePosition);
    private readonly (TestDraft Test, ContentDraft Content)? _fast = FastPatternChoice.Of(builder.Tests);

    public RuleAnalysis Describe()
    {
        var payload = builder.Tests.Find(test => test.Buffer == BufferId.Stream);
        var packet = Options(option => s_packetKeywords.Contains(option.Name) || (option.Name == "flow" && HasState(option)) || IsState(option, asks: true));
        var prefilter = Prefilter();
        var engines = Engines(payload).ToArray();
        var packetEngines = new List<AnalysedEngine>();
        if (packet.Count > 0) packetEngines.Add(new("packet", directions, "", false, [], []));
        if (payload is not null) packetEngines.Add(new("payload", directions, "", _fast?.Test == payload, [], []));
        foreach (var test in builder.Tests.Where(test => IsPacketBuffer(test.Buffer)))
            packetEngines.Add(new(SuricataNames.Of(test.Buffer), directions, "", _fast?.Test == test, Names(test), Matches(test)));
        var type = TypeOf(payload is not null, packet, engines.Length > 0);
        List<AnalysedList> lists = [];
        Add("packet", packet);
        Add("payload", payload is null ? [] : Matches(payload));
        Add("postmatch", Options(option => s_afterwards.Contains(option.Name) || IsState(option, asks: false)));
        Add("base64_data", builder.Base64Data is { } data ? Matches(data) : []);
        return new(
            type, App(), Requirements(payload is not null), Flags(payload is not null, prefilter is not null), packetEngines, engines, lists,
            _fast is { } fast && prefilter is null ? new(SuricataNames.Of(fast.Test.Buffer), Match(fast.Test, fast.Content)) : null, prefilter, builder.Notes);

        void Add(string name, IReadOnlyList<AnalysedMatch> matches)
        {
            if (matches.Count > 0) lists.Add(new(name, matches));
        }
    }

    private string TypeOf(bool hasPayload, List<AnalysedMatch> packet, bool hasEngines)
    {
        var hasPacketBuffer = builder.Tests.Any(test => IsPacketBuffer(test.Buffer));
        var isBare = !hasPayload && !hasEngines && !hasPacketBuffer;
        if (isBare && packet.Count > 0 && packet.All(match => match.Name == "app-layer-protocol")) return "pd_only";
        if (isBare && packet.Count > 0 && packet.All(match => match.Name == "decode-event")) return "de_only";
        if (isBare && packet.Count == 0 && header.Protocol.Apps.Length == 0 && builder.Direction is null && header.SourcePorts.IsAny && header.DestinationPorts.IsAny)
            return header.Protocol.Name == "pkthdr" ? "pkt" : rule.Source.Text.Contains('!', StringComparison.Ordinal) || rule.Destination.Text.Contains('!', StringComparison.Ordinal) ? "like_ip_only" : "ip_only";
        if (hasPacketBuffer) return "pkt";
        if (hasEngines) return "app_tx";
        if (hasPayload) return scope switch { PayloadScope.Packet => "pkt", PayloadScope.Stream => "stream", _ => "pkt_stream" };
        return packet.Count == 0 && header.Protocol.Apps.Length > 0 ? "app_layer" : "pkt";
    }

    private string App()
    {
        if (header.Protocol.Apps.Length > 0) return header.Protocol.Name == "http" ? "http_any" : ProtocolMatch.NameOf(header.Protocol.Apps[0]);
        var owner = builder.Tests.Select(test => BufferCatalog.Get(test.Buffer).Protocol).FirstOrDefault(app => app > AppProtocol.Failed);
        return owner > AppProtocol.Failed ? ProtocolMatch.NameOf(owner) : "unknown";
    }

    private List<string> Requirements(bool hasPayload)
    {
        List<string> all = [];
        if (hasPayload) all.Add("payload");
        if (header.Protocol.Apps.Length > 0 || builder.Direction is not null || App() != "unknown" || builder.Flowbits.Count > 0) all.Add("flow");
        return all;
    }

    private List<string> Flags(bool hasPayload, bool hasPrefilter)
    {
        List<string> all = [];
        if (header.Source.IsAny) all.Add("src_any");
        if (header.Destination.IsAny) all.Add("dst_any");
        if (header.SourcePorts.IsAny) all.Add("sp_any");
        if (header.DestinationPorts.IsAny) all.Add("dp_any");
        if (builder.NoAlert) all.Add("noalert");
        if (App() != "unknown") all.Add("applayer");
        if (hasPayload && scope.HasFlag(PayloadScope.Packet)) all.Add("need_packet");
        if (hasPayload && scope.HasFlag(PayloadScope.Stream)) all.Add("need_stream");
        if (directions.HasFlag(FlowDirections.ToServer)) all.Add("toserver");
        if (directions.HasFlag(FlowDirections.ToClient)) all.Add("toclient");
        if (builder.Target is { } target) all.Add(target == "src_ip" ? "src_is_target" : "dst_is_target");
        if (_fast is not null || hasPrefilter) all.Add("prefilter");
        return all;
    }

    /// <summary>The buffer with the fast pattern first; the stream, where it is one of several, last.</summary>
    private IEnumerable<AnalysedEngine> Engines(TestDraft? payload)
    {
        var inTransactions = builder.Tests.Where(test => test != payload && !IsPacketBuffer(test.Buffer)).ToArray();
        if (inTransactions.Length == 0) yield break;
        foreach (var test in builder.Tests.OrderBy(test => test == _fast?.Test ? 0 : test == payload ? 2 : 1))
        {
            if (IsPacketBuffer(test.Buffer)) continue;
            if (test == payload)
            {
                yield return new("stream", directions, "", test == _fast?.Test, [], Matches(test));
                continue;
            }
            foreach (var direction in (FlowDirections[])[FlowDirections.ToServer, FlowDirections.ToClient])
            {
                if ((directions & BufferCatalog.Get(test.Buffer).Directions & direction) == 0) continue;
                foreach (var app in Makers(test))
                    yield return new(SuricataNames.Of(test.Buffer), direction, app, test == _fast?.Test, Names(test), Matches(test));
            }
        }
    }

    /// <summary>HTTP's buffers are made by both of its versions, except where the rule speaks in words that only the older one has.</summary>
    private string[] Makers(TestDraft test)
    {
        var owner = BufferCatalog.Get(test.Buffer).Protocol;
        var isHttp = owner == AppProtocol.Http1 || (test.Buffer == BufferId.FileData && header.Protocol.Apps.Contains(AppProtocol.Http1));
        if (!isHttp) return [owner > AppProtocol.Failed ? ProtocolMatch.NameOf(owner) : header.Protocol.Apps is [var app, ..] ? ProtocolMatch.NameOf(app) : "unknown"];
        var isOld = header.Protocol.Name == "http1" || rule.Options.Any(option => LegacyModifier.Find(option.Name) is not null);
        // With a fast pattern the later version comes first; without one they are in their own order.
        return isOld ? ["http"] : _fast is null ? ["http", "http2"] : ["http2", "http"];
    }

    private static bool IsPacketBuffer(BufferId buffer) => buffer is >= BufferId.Ipv4Header and <= BufferId.IpDestination;

    private string? Prefilter()
    {
        for (var i = 1; i < rule.Options.Count; i++)
            if (rule.Options[i].Name == "prefilter") return rule.Options[i - 1].Name;
        return null;
    }

    private List<AnalysedMatch> Options(Func<OptionSyntax, bool> wanted) => [.. rule.Options.Where(wanted).Select(option => new AnalysedMatch(option.Name, Fields(option)))];

    private static List<KeyValuePair<string, object>> Fields(OptionSyntax option) => option.Name switch
    {
        "ipopts" => [new("option", option.Value ?? "")],
        "flowbits" when option.Value?.Split(',', 2, StringSplitOptions.TrimEntries) is [var command, var names] => [new("cmd", command), new("names", names)],
        _ when option.Value is { } value => [new("value", value)],
        _ => [],
    };

    private static bool HasState(OptionSyntax option) =>
        (option.Value ?? "").Split(',', StringSplitOptions.TrimEntries).Any(word => word is "established" or "not_established" or "stateless" or "only_frag" or "no_frag");

    private static bool IsState(OptionSyntax option, bool asks)
    {
        var words = (option.Value ?? "").Split(',', StringSplitOptions.TrimEntries);
        return option.Name switch
        {
            "flowbits" or "xbits" or "hostbits" => words[0] != "noalert" && words[0] is "isset" or "isnotset" == asks && words[0] != "noalert",
            "flowint" => words.Length > 1 && words[1] is "=" or "+" or "-" != asks,
            "flowvar" or "pktvar" => asks,
            _ => false,
        };
    }

    private static List<string> Names(TestDraft test) => [.. test.Transforms.Select(transform => transform.Name)];

    private List<AnalysedMatch> Matches(TestDraft test)
    {
        var matches = new List<AnalysedMatch>();
        for (var i = 0; i < test.Steps.Count; i++)
        {
            if (IsEndMark(test, i)) continue;
            matches.Add(Match(test, test.Steps[i]));
        }
        return matches;
    }

    private AnalysedMatch Match(TestDraft test, StepDraft step)
    {
        var index = test.Steps.IndexOf(step);
        var isFollowed = index + 1 < test.Steps.Count && IsRelative(test.Steps[index + 1]) && !IsEndMark(test, index + 1);
        if (step is not ContentDraft content)
        {
            var option = _options.GetValueOrDefault(step.Position);
            var fields = new List<KeyValuePair<string, object>>();
            if (option?.Name == "pcre")
            {
                fields.Add(new("relative", IsRelative(step)));
                fields.Add(new("relative_next", isFollowed));
                fields.Add(new("negated", (option.Value ?? "").StartsWith('!')));
                fields.Add(new("nocase", (option.Value ?? "")[((option.Value ?? "").LastIndexOf('/') + 1)..].Contains('i', StringComparison.Ordinal)));
            }
            else if (option?.Value is { } value) fields.Add(new("value", value));
            return new(option?.Name ?? "content", fields);
        }
        List<KeyValuePair<string, object>> all =
        [
            new("pattern", SuricataNames.Pattern(content.Pattern)), new("length", content.Pattern.Length), new("nocase", content.NoCase), new("negated", content.IsNegated),
            new("starts_with", content.StartsWith), new("ends_with", content.EndsWith || (index + 1 < test.Steps.Count && IsEndMark(test, index + 1))),
            new("is_mpm", _fast?.Content == content), new("no_double_inspect", false),
        ];
        AddOperand("offset", content.Offset);
        // Counted from the start of the buffer, whatever the offset is.
        AddOperand("depth", content is { Depth: { IsVariable: false } depth, Offset: { IsVariable: false } offset } ? new(depth.Number + offset.Number) : content.Depth);
        AddOperand("distance", content.Distance);
        AddOperand("within", content.Within);
        all.Add(new("fast_pattern", content.IsFastPattern));
        all.Add(new("relative_next", isFollowed));
        return new("content", all);

        void AddOperand(string name, Matching.Operand? operand)
        {
            if (operand is { } known) all.Add(new(name, known.IsVariable ? builder.Variables[known.Slot] : known.Number));
        }
    }

    private bool IsRelative(StepDraft step) => step switch
    {
        ContentDraft content => content.IsRelative,
        FixedDraft { Step.IsRelative: true } => true,
        _ => _options.GetValueOrDefault(step.Position)?.Value?.Contains("relative", StringComparison.Ordinal) == true,
    };

    /// <summary>"No byte after the content before": the content stands at the end.</summary>
    private bool IsEndMark(TestDraft test, int index) =>
        index > 0 && test.Steps[index - 1] is ContentDraft { IsNegated: false } && _options.GetValueOrDefault(test.Steps[index].Position) is { Name: "isdataat", Value: { } value }
        && value.Replace(" ", "", StringComparison.Ordinal) == "!1,relative";
}
