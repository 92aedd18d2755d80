using System.Buffers;
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
        "dsize", "stream_size", "ipopts", "decode-event", "stream-event", "engine-event", "app-layer-protocol", "iprep", "geoip", "tcp.wscale", "flow.age", "icmpv6.mtu",
        "ipv4-csum", "tcpv4-csum", "tcpv6-csum", "udpv4-csum", "udpv6-csum", "icmpv4-csum", "icmpv6-csum",
    ];

    /// <summary>Of those, the ones for which no single packet is needed.</summary>
    private static readonly HashSet<string> s_ofFlows =
    [
        "app-layer-protocol", "decode-event", "stream-event", "engine-event", "ipv4-csum", "tcpv4-csum", "tcpv6-csum", "udpv4-csum", "udpv6-csum", "icmpv4-csum", "icmpv6-csum", "icmp_seq",
    ];

    /// <summary>Flags of an expression that name buffers of HTTP.</summary>
    private static readonly SearchValues<char> s_httpFlags = SearchValues.Create("UIPQHDMCSYVW");

    private static readonly HashSet<string> s_afterwards = ["filestore", "replace", "bypass", "config"];

    private readonly Dictionary<int, OptionSyntax> _options = rule.Options.ToDictionary(option => option.NamePosition);
    private readonly (TestDraft Test, ContentDraft Content)? _fast = FastPatternChoice.Of(builder.Tests);
    private readonly EngineMakers _makers = new(header.Protocol, IsOld(rule));

    /// <summary>Those of the rule that its buffers have.</summary>
    private readonly FlowDirections _directions = Narrowed(builder, directions);

    public RuleAnalysis Describe()
    {
        var payload = builder.Tests.Find(test => test.Buffer == BufferId.Stream);
        var packet = Options(option => s_packetKeywords.Contains(option.Name) || IsOfDetection(option) || (option.Name == "flow" && HasState(option)) || IsState(option, asks: true));
        var prefilter = Prefilter();
        var engines = Merge(Engines(payload));
        var frames = Frames().ToArray();
        var packetEngines = new List<AnalysedEngine>();
        if (packet.Count > 0) packetEngines.Add(new("packet", _directions, "", false, [], []));
        // What the prefilter looks into comes first.
        if (payload is not null && engines.Count == 0) packetEngines.Insert(_fast?.Test == payload ? 0 : packetEngines.Count, new("payload", _directions, "", _fast?.Test == payload, [], []));
        foreach (var test in builder.Tests.Where(test => IsPacketBuffer(test.Buffer)))
            packetEngines.Add(new(SuricataNames.Of(test.Buffer), _directions, "", _fast?.Test == test, Names(test), Matches(test)));
        var type = TypeOf(payload is not null, packet, engines.Count > 0 || frames.Length > 0);
        // Rules about addresses alone have their protocol in the header.
        if (type is "ip_only" or "like_ip_only") packet.RemoveAll(static match => match.Name == "ip_proto");
        if (packet.Count == 0) packetEngines.RemoveAll(static engine => engine.Name == "packet");
        List<AnalysedList> lists = [];
        Add("packet", packet);
        Add("payload", payload is null || engines.Count > 0 ? [] : Matches(payload));
        var afterwards = Options(option => s_afterwards.Contains(option.Name) || IsState(option, asks: false));
        foreach (var option in rule.Options)
            if (option.Name == "pcre") afterwards.AddRange(Enumerable.Repeat(new AnalysedMatch("__flowvar__postmatch__", []), CapturesOf(option)));
        Add("postmatch", afterwards);
        Add("tag", Options(static option => option.Name == "tag"));
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
        var isBare = !hasPayload && !hasEngines && !hasPacketBuffer && !rule.Options.Any(static option => option.Name == "flowint");
        if (isBare && packet.Count > 0 && packet.All(match => match.Name == "app-layer-protocol")) return "pd_only";
        if (isBare && packet.Count > 0 && packet.All(match => match.Name == "decode-event")) return "de_only";
        if (isBare && OnlySetsFlowbits && packet.All(match => match.Name is "hostbits" or "xbits" or "iprep" or "geoip" or "ip_proto") && header.Protocol.Apps.Length == 0 && builder.Direction is null)
            return header.Protocol.Name == "pkthdr" ? "pkt" : rule.Source.Text.Contains('!', StringComparison.Ordinal) || rule.Destination.Text.Contains('!', StringComparison.Ordinal) ? "like_ip_only" : "ip_only";
        if (hasPacketBuffer) return "pkt";
        if (hasEngines) return "app_tx";
        if (hasPayload)
        {
            return (NeedsPacket(hasPayload), NeedsStream(hasPayload)) switch
            {
                (true, false) => "pkt",
                (false, true) => "stream",
                _ => "pkt_stream",
            };
        }
        return packet.Count == 0 && header.Protocol.Apps.Length > 0 ? "app_layer" : "pkt";
    }

    private string App()
    {
        if (header.Protocol.Apps.Length > 0) return header.Protocol.Name == "http" && !IsOld(rule) ? "http_any" : ProtocolMatch.NameOf(header.Protocol.Apps[0]);
        if (builder.PacketConditions.OfType<FrameKeyword.OfFrame>().FirstOrDefault() is { } frame) return ProtocolMatch.NameOf(frame.App);
        if (UsesDce) return "dcerpc";
        var noticed = rule.Options.FirstOrDefault(option => option.Name == "app-layer-event" && !IsOfDetection(option));
        if (noticed is not null) return noticed.Value!.Split('.')[0];
        var owner = builder.Tests.Select(test => BufferCatalog.Get(test.Buffer).Protocol).FirstOrDefault(app => app > AppProtocol.Failed);
        return owner == AppProtocol.Http1 && !IsOld(rule) ? "http_any" : owner > AppProtocol.Failed ? ProtocolMatch.NameOf(owner) : "unknown";
    }

    /// <summary>It speaks in words that only the older version of HTTP has.</summary>
    private static bool IsOld(RuleSyntax rule) => rule.Options.Any(option => option.Name == "uricontent" || LegacyModifier.Find(option.Name) is not null
        || (option.Name == "app-layer-event" && option.Value?.StartsWith("http.", StringComparison.Ordinal) == true)
        || option.Name is "http.start" or "http_start" or "http.header_names" or "http_header_names"
        || (option.Name == "pcre" && PcreFlags(option).ContainsAny(s_httpFlags)));

    /// <summary>What stands behind an expression's last stroke.</summary>
    private static ReadOnlySpan<char> PcreFlags(OptionSyntax option)
    {
        var text = (option.Value ?? "").AsSpan().Trim().TrimEnd('"');
        var end = text.LastIndexOf('/');
        var flags = text[(end + 1)..];
        var names = flags.IndexOf(',');
        return names < 0 ? flags : flags[..names];
    }

    /// <summary>Texts that an expression keeps: names behind it.</summary>
    private static int CapturesOf(OptionSyntax option)
    {
        var text = (option.Value ?? "").AsSpan();
        return text[(text.LastIndexOf('/') + 1)..].Count(',');
    }

    private static FlowDirections Narrowed(SignatureBuilder builder, FlowDirections directions)
    {
        foreach (var test in builder.Tests)
            if ((directions & EngineMakers.Directions(test.Buffer)) is var both and not 0) directions = both;
        return directions;
    }

    /// <summary>What is said of the two sides of a connection before any parser is a condition on a packet.</summary>
    private static bool IsOfDetection(OptionSyntax option) => option.Name == "app-layer-event" && option.Value?.Contains('.', StringComparison.Ordinal) == false;

    private bool UsesDce => builder.Tests.Any(test => EngineMakers.IsOfDce(test.Buffer))
        || rule.Options.Any(option => option.Name.StartsWith("byte_", StringComparison.Ordinal) && (option.Value ?? "").Split(',', StringSplitOptions.TrimEntries).Contains("dce"));

    /// <summary>Suricata looks at packets for it.</summary>
    private bool IsOfPackets => header.Protocol.Name == "tcp-pkt" || builder.Tests.Any(test => IsPacketBuffer(test.Buffer)) || rule.Options.Any(option => s_packetKeywords.Contains(option.Name) && !s_ofFlows.Contains(option.Name));

    private bool OnlySetsFlowbits => !rule.Options.Any(static option => option.Name == "flowbits" && (option.Value ?? "").Split(',')[0].Trim() is not ("set" or "noalert"));

    private bool HasTcp => header.Protocol.IpProtocol is null or 6;

    private List<string> Requirements(bool hasPayload)
    {
        List<string> all = [];
        var size = rule.Options.FirstOrDefault(option => option.Name == "dsize")?.Value?.Trim();
        if (hasPayload || (size is not (null or "0") && !size.StartsWith('<'))) all.Add("payload");
        if (size == "0") all.Add("no_payload");
        var hasFlow = header.Protocol.Apps.Length > 0 || App() != "unknown" || builder.Flowbits.Exists(operation => operation.IsCondition)
            || rule.Options.Any(option => option.Name == "flow" && HasState(option));
        if (hasFlow) all.Add("flow");
        var flags = string.Concat(rule.Options.Where(option => option.Name is "flags" or "tcp.flags").Select(option => (option.Value ?? "").Split(',')[0]));
        if (flags.AsSpan().IndexOfAny("SFR") >= 0) all.Add("tcp_flags_init_deinit");
        if (flags.AsSpan().IndexOfAny("UCE12") >= 0) all.Add("tcp_flags_unusual");
        if (UsesDce) all.Add("dcerpc");
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
        var isSilent = builder.NoAlert || rule.Action.Text.Equals("config", StringComparison.OrdinalIgnoreCase)
            || (rule.Action.Text.Equals("pass", StringComparison.OrdinalIgnoreCase) && !builder.AlertsOnPass);
        if (isSilent) all.Add("noalert");
        if (rule.Options.Any(option => option.Name == "dsize")) all.Add("dsize");
        if (App() != "unknown") all.Add("applayer");
        if (NeedsPacket(hasPayload)) all.Add("need_packet");
        if (NeedsStream(hasPayload) || header.Protocol.Name == "tcp-stream") all.Add("need_stream");
        if (_fast?.Content.IsNegated == true) all.Add("negated_mpm");
        if (rule.Options.Any(option => option.Name == "flowbits" && (option.Value ?? "").TrimStart().StartsWith("isset", StringComparison.Ordinal))) all.Add("need_flowvar");
        if (builder.FileStorage is not null) all.Add("filestore");
        if (_directions.HasFlag(FlowDirections.ToServer)) all.Add("toserver");
        if (_directions.HasFlag(FlowDirections.ToClient)) all.Add("toclient");
        if (builder.Bypass) all.Add("bypass");
        if (_fast is not null || hasPrefilter) all.Add("prefilter");
        if (builder.Target is { } target) all.Add(target == "src_ip" ? "src_is_target" : "dst_is_target");
        return all;
    }

    private bool NeedsPacket(bool hasPayload) => IsOfPackets || (hasPayload && HasTcp && scope.HasFlag(PayloadScope.Packet) && (header.Protocol.IsTcp || HasPlace));

    private bool NeedsStream(bool hasPayload) => hasPayload && !IsOfPackets && HasTcp && scope.HasFlag(PayloadScope.Stream);

    /// <summary>A content of the payload is looked for at a place.</summary>
    private bool HasPlace => builder.Tests.Where(test => test.Buffer == BufferId.Stream).SelectMany(test => test.Steps).OfType<ContentDraft>().Any(content => content.Offset is not null || content.Depth is not null);

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
            foreach (var app in _makers.Of(test.Buffer, isFast: true))
                foreach (var engine in Of(test, app)) yield return engine;
        if (payload is not null && payload == _fast?.Test)
            foreach (var engine in OfStream(payload)) yield return engine;
        // The others by who makes them, each in the rule's order.
        foreach (var app in inTransactions.SelectMany(test => _makers.Of(test.Buffer, isFast: false)).Distinct().OrderBy(app => app == "http2"))
            foreach (var test in inTransactions.Where(test => test != _fast?.Test && _makers.Of(test.Buffer, isFast: false).Contains(app)))
                foreach (var engine in Of(test, app)) yield return engine;
        if (payload is not null && payload != _fast?.Test)
            foreach (var engine in OfStream(payload)) yield return engine;

        IEnumerable<AnalysedEngine> OfStream(TestDraft test)
        {
            var isFast = test == _fast?.Test;
            foreach (var direction in EngineMakers.Order(BufferId.Stream, "", isFast))
                if ((_directions & direction) != 0) yield return new("stream", direction, "", isFast, [], Matches(test));
        }

        IEnumerable<AnalysedEngine> Of(TestDraft test, string app)
        {
            var isFast = test == _fast?.Test;
            foreach (var direction in EngineMakers.Order(test.Buffer, app, isFast))
                if ((_directions & EngineMakers.Directions(test.Buffer) & direction) != 0 && (app != "smtp" || direction == FlowDirections.ToServer))
                    yield return new(SuricataNames.Of(test.Buffer), direction, app, isFast, Names(test), Matches(test));
        }
    }

    /// <summary>Conditions on what Suricata has as one buffer are one engine.</summary>
    private static List<AnalysedEngine> Merge(IEnumerable<AnalysedEngine> engines)
    {
        var merged = new List<AnalysedEngine>();
        foreach (var engine in engines)
        {
            var index = merged.FindIndex(other => other.Name == engine.Name && other.App == engine.App && other.Direction == engine.Direction && !other.IsFastPattern && !engine.IsFastPattern && other.Name is "dce_generic" or "dnp3" or "http2" or "tls_validity" or "files" && other.Name == engine.Name);
            if (index < 0) merged.Add(engine);
            else merged[index] = merged[index] with { Matches = [.. merged[index].Matches, .. engine.Matches] };
        }
        return merged;
    }

    private IEnumerable<AnalysedEngine> Frames()
    {
        if (builder.PacketConditions.OfType<FrameKeyword.OfFrame>().FirstOrDefault() is not { } frame) yield break;
        var written = rule.Options.FirstOrDefault(static option => option.Name == "frame")?.Value?.Trim() ?? "";
        var app = ProtocolMatch.NameOf(frame.App);
        var isQualified = written.StartsWith($"{app}.", StringComparison.Ordinal) || written.StartsWith("http1.", StringComparison.Ordinal);
        var name = isQualified ? written : $"{app}.{(written.Contains('.', StringComparison.Ordinal) ? written : FrameCatalog.NameOf(frame.Type))}";
        foreach (var test in builder.Tests.Where(test => test.Buffer == BufferId.Frame))
            foreach (var direction in (FlowDirections[])[FlowDirections.ToServer, FlowDirections.ToClient])
                if ((directions & direction) != 0) yield return new(name, direction, "", test == _fast?.Test, Names(test), Matches(test));
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
        (option.Value ?? "").Split(',', StringSplitOptions.TrimEntries).Any(word => word is "established" or "not_established" or "stateless" or "only_frag" or "no_frag" or "only_stream" or "no_stream");

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
                fields.Add(new("nocase", PcreFlags(option).Contains('i')));
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
        // A distance from nothing is one from the start, and told only if it is any.
        var isConverted = content.Offset is { IsVariable: false, Number: 0 } && !rule.Options.Any(static option => option.Name == "offset");
        if (!content.StartsWith && !isConverted) AddOperand("offset", content.Offset);
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
        _ when _options.GetValueOrDefault(step.Position)?.Name == "base64_decode" => false,
        _ => _options.GetValueOrDefault(step.Position)?.Value?.Contains("relative", StringComparison.Ordinal) == true,
    };

    /// <summary>"No byte after the content before": the content stands at the end.</summary>
    private bool IsEndMark(TestDraft test, int index) =>
        index > 0 && test.Steps[index - 1] is ContentDraft { IsNegated: false } && _options.GetValueOrDefault(test.Steps[index].Position) is { Name: "isdataat", Value: { } value }
        && value.Replace(" ", "", StringComparison.Ordinal) == "!1,relative";
}
