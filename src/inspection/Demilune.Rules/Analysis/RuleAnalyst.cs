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

    private static readonly HashSet<string> s_afterwards = ["tag", "filestore", "replace", "bypass", "config"];

    private readonly Dictionary<int, OptionSyntax> _options = rule.Options.ToDictionary(option => option.NamePosition);
    private readonly (TestDraft Test, ContentDraft Content)? _fast = FastPatternChoice.Of(builder.Tests);

    public RuleAnalysis Describe()
    {
        var payload = builder.Tests.Find(test => test.Buffer == BufferId.Stream);
        var packet = Options(option => s_packetKeywords.Contains(option.Name) || IsOfDetection(option) || (option.Name == "flow" && HasState(option)) || IsState(option, asks: true));
        var prefilter = Prefilter();
        var engines = Engines(payload).ToArray();
        var frames = Frames().ToArray();
        var packetEngines = new List<AnalysedEngine>();
        if (packet.Count > 0) packetEngines.Add(new("packet", directions, "", false, [], []));
        // What the prefilter looks into comes first.
        if (payload is not null) packetEngines.Insert(_fast?.Test == payload ? 0 : packetEngines.Count, new("payload", directions, "", _fast?.Test == payload, [], []));
        foreach (var test in builder.Tests.Where(test => IsPacketBuffer(test.Buffer)))
            packetEngines.Add(new(SuricataNames.Of(test.Buffer), directions, "", _fast?.Test == test, Names(test), Matches(test)));
        var type = TypeOf(payload is not null, packet, engines.Length > 0 || frames.Length > 0);
        List<AnalysedList> lists = [];
        Add("packet", packet);
        Add("payload", payload is null ? [] : Matches(payload));
        Add("postmatch", Options(option => s_afterwards.Contains(option.Name) || IsState(option, asks: false)));
        Add("base64_data", builder.Base64Data is { } data ? Matches(data) : []);
        return new(
            type, App(), Requirements(payload is not null), Flags(payload is not null, prefilter is not null), packetEngines, frames, engines, lists,
            _fast is { Test.Buffer: not BufferId.Frame } fast && prefilter is null ? new(SuricataNames.Of(fast.Test.Buffer), Match(fast.Test, fast.Content)) : null, prefilter, builder.Notes);

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
        if (isBare && packet.Count == 0 && header.Protocol.Apps.Length == 0 && builder.Direction is null)
            return header.Protocol.Name == "pkthdr" ? "pkt" : rule.Source.Text.Contains('!', StringComparison.Ordinal) || rule.Destination.Text.Contains('!', StringComparison.Ordinal) ? "like_ip_only" : "ip_only";
        if (hasPacketBuffer) return "pkt";
        if (hasEngines) return "app_tx";
        if (hasPayload) return scope switch { PayloadScope.Packet => "pkt", PayloadScope.Stream => "stream", _ => "pkt_stream" };
        return packet.Count == 0 && header.Protocol.Apps.Length > 0 ? "app_layer" : "pkt";
    }

    private string App()
    {
        if (header.Protocol.Apps.Length > 0) return header.Protocol.Name == "http" && !IsOld ? "http_any" : ProtocolMatch.NameOf(header.Protocol.Apps[0]);
        if (builder.PacketConditions.OfType<FrameKeyword.OfFrame>().FirstOrDefault() is { } frame) return ProtocolMatch.NameOf(frame.App);
        var owner = builder.Tests.Select(test => BufferCatalog.Get(test.Buffer).Protocol).FirstOrDefault(app => app > AppProtocol.Failed);
        return owner == AppProtocol.Http1 && !IsOld ? "http_any" : owner > AppProtocol.Failed ? ProtocolMatch.NameOf(owner) : "unknown";
    }

    /// <summary>It speaks in words that only the older version of HTTP has.</summary>
    private bool IsOld => rule.Options.Any(option => LegacyModifier.Find(option.Name) is not null || (option.Name == "app-layer-event" && option.Value?.StartsWith("http.", StringComparison.Ordinal) == true));

    /// <summary>What is said of the two sides of a connection before any parser is a condition on a packet.</summary>
    private static bool IsOfDetection(OptionSyntax option) => option.Name == "app-layer-event" && option.Value?.Contains('.', StringComparison.Ordinal) == false;

    private List<string> Requirements(bool hasPayload)
    {
        List<string> all = [];
        if (hasPayload) all.Add("payload");
        if (header.Protocol.Apps.Length > 0 || rule.Options.Any(option => option.Name == "flow" && HasState(option)) || App() != "unknown" || builder.Flowbits.Exists(operation => operation.IsCondition)) all.Add("flow");
        if (rule.Options.Any(option => option.Name is "decode-event" or "stream-event" or "engine-event" || IsOfDetection(option))) all.Add("engine_event");
        return all;
    }

    private List<string> Flags(bool hasPayload, bool hasPrefilter)
    {
        List<string> all = [];
        if (header.Source.IsAny) all.Add("src_any");
        if (header.Destination.IsAny) all.Add("dst_any");
        if (header.SourcePorts.IsAny) all.Add("sp_any");
        if (header.DestinationPorts.IsAny) all.Add("dp_any");
        if (builder.NoAlert || (rule.Action.Text.Equals("pass", StringComparison.OrdinalIgnoreCase) && !builder.AlertsOnPass)) all.Add("noalert");
        if (App() != "unknown") all.Add("applayer");
        if (hasPayload && scope.HasFlag(PayloadScope.Packet) && header.Protocol.IsTcp) all.Add("need_packet");
        if (hasPayload && scope.HasFlag(PayloadScope.Stream)) all.Add("need_stream");
        if (directions.HasFlag(FlowDirections.ToServer)) all.Add("toserver");
        if (directions.HasFlag(FlowDirections.ToClient)) all.Add("toclient");
        if (builder.Target is { } target) all.Add(target == "src_ip" ? "src_is_target" : "dst_is_target");
        if (builder.Bypass) all.Add("bypass");
        if (_fast is not null || hasPrefilter) all.Add("prefilter");
        return all;
    }

    /// <summary>The buffer with the fast pattern first; the stream, where it is one of several, last.</summary>
    private IEnumerable<AnalysedEngine> Engines(TestDraft? payload)
    {
        var inTransactions = builder.Tests.Where(test => test != payload && test.Buffer is not (BufferId.Frame or BufferId.AppLayerEvent) && !IsPacketBuffer(test.Buffer)).ToArray();
        if (rule.Options.Any(option => option.Name == "app-layer-event" && !IsOfDetection(option)))
        {
            foreach (var direction in (FlowDirections[])[FlowDirections.ToServer, FlowDirections.ToClient])
                if ((directions & direction) != 0) yield return new("app-layer-events", direction, "", false, [], [new("app-layer-event", [])]);
        }
        if (inTransactions.Length == 0) yield break;
        foreach (var test in inTransactions.Where(test => test == _fast?.Test))
            foreach (var app in Makers(test))
                foreach (var direction in (FlowDirections[])[FlowDirections.ToClient, FlowDirections.ToServer])
                    if (In(test, direction)) yield return Engine(test, direction, app);
        if (payload is not null && payload == _fast?.Test) yield return new("stream", directions, "", true, [], Matches(payload));
        // The others by who makes them, each in the rule's order.
        foreach (var app in inTransactions.SelectMany(Makers).Distinct().OrderBy(app => app == "http2"))
            foreach (var test in inTransactions.Where(test => test != _fast?.Test && Makers(test).Contains(app)))
                foreach (var direction in (FlowDirections[])[FlowDirections.ToServer, FlowDirections.ToClient])
                    if (In(test, direction)) yield return Engine(test, direction, app);
        if (payload is not null && payload != _fast?.Test) yield return new("stream", directions, "", false, [], Matches(payload));

        bool In(TestDraft test, FlowDirections direction) => (directions & BufferCatalog.Get(test.Buffer).Directions & direction) != 0;

        AnalysedEngine Engine(TestDraft test, FlowDirections direction, string app) => new(SuricataNames.Of(test.Buffer), direction, app, test == _fast?.Test, Names(test), Matches(test));
    }

    private IEnumerable<AnalysedEngine> Frames()
    {
        if (builder.PacketConditions.OfType<FrameKeyword.OfFrame>().FirstOrDefault() is not { } frame) yield break;
        var name = $"{(frame.App == AppProtocol.Http1 ? "http1" : ProtocolMatch.NameOf(frame.App))}.{FrameCatalog.NameOf(frame.Type)}";
        foreach (var test in builder.Tests.Where(test => test.Buffer == BufferId.Frame))
            foreach (var direction in (FlowDirections[])[FlowDirections.ToServer, FlowDirections.ToClient])
                if ((directions & direction) != 0) yield return new(name, direction, "", test == _fast?.Test, Names(test), Matches(test));
    }

    /// <summary>HTTP's buffers are made by both of its versions, except where the rule speaks in words that only the older one has.</summary>
    private string[] Makers(TestDraft test)
    {
        var owner = BufferCatalog.Get(test.Buffer).Protocol;
        var isHttp = owner == AppProtocol.Http1 || (test.Buffer == BufferId.FileData && header.Protocol.Apps.Contains(AppProtocol.Http1));
        if (!isHttp) return [owner > AppProtocol.Failed ? ProtocolMatch.NameOf(owner) : header.Protocol.Apps is [var app, ..] ? ProtocolMatch.NameOf(app) : "unknown"];
        var isOld = header.Protocol.Name == "http1" || IsOld;
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

    private List<AnalysedMatch> Options(Func<OptionSyntax, bool> wanted) => [.. rule.Options.Where(wanted).Select(option => new AnalysedMatch(SuricataNames.Of(option.Name), Fields(option)))];

    private static List<KeyValuePair<string, object>> Fields(OptionSyntax option) => option.Name switch
    {
        "ipopts" => [new("option", option.Value ?? "")],
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
            else if (option is { Name: "byte_test" or "byte_jump", Value: { } value }) AddBytes(fields, option.Name, value);
            return new(option?.Name ?? "content", fields);
        }
        List<KeyValuePair<string, object>> all =
        [
            new("pattern", SuricataNames.Pattern(content.NoCase ? [.. content.Pattern.Select(Lower)] : content.Pattern)),
            new("length", content.Pattern.Length), new("nocase", content.NoCase), new("negated", content.IsNegated),
            new("starts_with", content.StartsWith), new("ends_with", content.EndsWith || (index + 1 < test.Steps.Count && IsEndMark(test, index + 1))),
            new("is_mpm", _fast?.Content == content), new("no_double_inspect", _fast?.Content == content && IsAlone(content, isFollowed)),
        ];
        if (!content.StartsWith) AddOperand("offset", content.Offset);
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

    private static byte Lower(byte letter) => letter is >= (byte)'A' and <= (byte)'Z' ? (byte)(letter | 0x20) : letter;

    /// <summary>Whatever finds it for the prefilter has found all that is asked of it.</summary>
    private static bool IsAlone(ContentDraft content, bool isFollowed) =>
        !isFollowed && content is { IsNegated: false, Offset: null, Depth: null, Distance: null, Within: null, StartsWith: false };

    /// <summary><c>byte_test:COUNT,OPERATOR,VALUE,OFFSET,…</c> and <c>byte_jump:COUNT,OFFSET,…</c></summary>
    private static void AddBytes(List<KeyValuePair<string, object>> fields, string name, string text)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        var isJump = name == "byte_jump";
        var options = parts.Skip(isJump ? 2 : 4).ToArray();
        fields.Add(new("nbytes", Number(parts.ElementAtOrDefault(0))));
        fields.Add(new("offset", Number(parts.ElementAtOrDefault(isJump ? 1 : 3))));
        if (isJump)
        {
            fields.Add(new("multiplier", Of("multiplier", 1)));
            fields.Add(new("post_offset", Of("post_offset", 0)));
        }
        fields.Add(new("base", options.Contains("string") ? options.FirstOrDefault(word => word is "hex" or "dec" or "oct") ?? "dec" : "unset"));
        List<string> flags = [];
        foreach (var (word, flag) in (ReadOnlySpan<(string, string)>)[("string", "string"), ("align", "align"), ("little", "little_endian"), ("big", "big_endian"), ("from_beginning", "from_beginning"), ("from_end", "from_end"), ("relative", "relative"), ("dce", "dce")])
            if (options.Contains(word)) flags.Add(flag);
        fields.Add(new("flags", flags));

        long Of(string word, long otherwise) => options.FirstOrDefault(option => option.StartsWith(word, StringComparison.Ordinal)) is { } found ? Number(found[word.Length..]) : otherwise;
    }

    private static long Number(string? text) => long.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : 0;

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
