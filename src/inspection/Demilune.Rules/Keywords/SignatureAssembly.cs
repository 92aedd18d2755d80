using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Rules.Matching;
using Demilune.Rules.State;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary>From syntax to signature: the header, the options in order, and what can only be judged when all of them are known.</summary>
internal static class SignatureAssembly
{
    /// <summary>One bit each in the caller's memory of what has matched.</summary>
    private const int MaxTests = 32;

    public static SyntaxFault? TryAssemble(
        RuleSyntax rule, string text, string source, int line, RuleSetOptions options, StateNames names, HeaderSets sets, out Signature? signature, out PrefilterChoice choice,
        Action<SyntaxFault> remark)
    {
        signature = null;
        choice = default;
        if (TryAction(rule.Action, out var action) is { } wrongAction) return wrongAction;
        if (TryHeader(rule, options, sets, out var header) is { } wrongHeader) return wrongHeader;
        var builder = new SignatureBuilder(options, names, source, header.Protocol);
        foreach (var option in rule.Options)
            if (KeywordTable.Apply(builder, option) is { } fault) return fault;
        foreach (var said in builder.Remarks) remark(said);
        if (builder.Sid == 0) return rule.Action.Fault("Every rule needs a sid.");
        builder.Leave();
        if (Complete(builder, rule) is { } incomplete) return incomplete;
        if (RuleValidity.Check(builder, rule, header.Protocol) is { } invalid) return invalid;
        if (TryDirections(builder, rule, out var directions) is { } contradiction) return contradiction;

        var scope = ScopeOf(builder, header.Protocol);
        choice = PrefilterChoice.Of(builder.Tests);
        var tests = builder.Tests.Select(draft => Build(draft, scope, builder)).ToArray();
        // A threshold of the rule's own is nearer than one laid over it.
        var laid = options.Thresholds.For(builder.Gid, builder.Sid).ToArray();
        signature = new()
        {
            Action = action, Sid = builder.Sid, Gid = builder.Gid, Rev = builder.Rev, Message = builder.Message,
            ClassType = builder.Class?.Name ?? "", Category = builder.Class?.Description ?? "",
            Priority = builder.Priority ?? builder.Class?.Priority ?? 3,
            References = builder.References, Metadata = builder.Metadata, Target = builder.Target,
            Header = header, Directions = directions, PayloadScope = scope, Kind = KindOf(builder, header, scope),
            LeavesSegments = header.Protocol.IpProtocol is null && scope == (PayloadScope.Packet | PayloadScope.Stream) && !IsAnchored(builder),
            AlertsOnPass = builder.AlertsOnPass, NoAlert = builder.NoAlert || rule.Action.Text.Equals("config", StringComparison.OrdinalIgnoreCase),
            Bypass = builder.Bypass, MutesRecords = builder.MutesRecords, StoresCertificates = builder.StoresCertificates,
            Tag = builder.Tag, Rate = laid.LastOrDefault(entry => entry.Rate is not null)?.Rate,
            Suppressions = [.. laid.Select(entry => entry.Suppression).OfType<Suppression>()],
            Flowbits = builder.Flowbits,
            State = builder.State,
            Threshold = builder.Threshold ?? laid.LastOrDefault(entry => entry.Threshold is not null)?.Threshold,
            AsksChecksums = builder.AsksChecksums,
            PacketConditions = [.. builder.PacketConditions],
            TestArray = tests,
            Analysis = options.Describes ? new Analysis.RuleAnalyst(builder, rule, header, directions, scope).Describe() : null,
            FileStorage = builder.FileStorage, HasEffects = Array.Exists(tests, test => test.HasEffect), Text = text, Source = source, Line = line,
        };
        return null;
    }

    private static SyntaxFault? TryAction(Word word, out RuleAction action)
    {
        RuleAction? found = word.Text.ToLowerInvariant() switch
        {
            "alert" => RuleAction.Alert,
            "pass" => RuleAction.Pass,
            "drop" => RuleAction.Drop,
            "reject" => RuleAction.Reject,
            "rejectsrc" => RuleAction.RejectSource,
            "rejectdst" => RuleAction.RejectDestination,
            "rejectboth" => RuleAction.RejectBoth,
            "config" => RuleAction.Alert,
            _ => null,
        };
        action = found ?? default;
        return found is null ? word.Fault($"A rule starts with alert, pass, drop, reject, rejectsrc, rejectdst, rejectboth or config, not '{word.Text}'.") : null;
    }

    private static SyntaxFault? TryHeader(RuleSyntax rule, RuleSetOptions options, HeaderSets sets, out RuleHeader header)
    {
        header = null!;
        if (!ProtocolMatch.All.TryGetValue(rule.Protocol.Text, out var protocol))
            return rule.Protocol.Fault($"There is no protocol '{rule.Protocol.Text}'; for example: ip, tcp, udp, icmp, http, tls, dns.");
        if (protocol.Apps.Length > 0 && !protocol.Apps.Any(options.Recognises))
            return rule.Protocol.Fault($"'{protocol.Name}' is not supported: this engine does not recognise that protocol. The rule is not loaded.");
        if (rule.Direction.Text is not ("->" or "<>")) return rule.Direction.Fault($"Between the two ends stands -> or <>, not '{rule.Direction.Text}'.");
        if (sets.TryAddresses(rule.Source, out var source) is { } wrongSource) return wrongSource;
        if (sets.TryPorts(rule.SourcePorts, out var sourcePorts) is { } wrongSourcePorts) return wrongSourcePorts;
        if (sets.TryAddresses(rule.Destination, out var destination) is { } wrongDestination) return wrongDestination;
        if (sets.TryPorts(rule.DestinationPorts, out var destinationPorts) is { } wrongDestinationPorts) return wrongDestinationPorts;
        header = new()
        {
            Protocol = protocol, Source = source, SourcePorts = sourcePorts, Destination = destination, DestinationPorts = destinationPorts,
            IsBidirectional = rule.Direction.Text == "<>",
        };
        return null;
    }

    /// <summary>Puts base64_data where it belongs and refuses what the engine cannot fill.</summary>
    private static SyntaxFault? Complete(SignatureBuilder builder, RuleSyntax rule)
    {
        foreach (var data in builder.Tests.Where(test => test.Buffer == BufferId.Base64Data).ToArray())
        {
            builder.Tests.Remove(data);
            builder.Base64Data = data;
            builder.Tests.SelectMany(test => test.Steps).OfType<Base64Draft>().Last().Inner = BuildSteps(data);
        }
        foreach (var test in builder.Tests) Spelling.Adapt(test);
        foreach (var test in builder.Tests) PlaceFirst(test, builder);
        foreach (var test in builder.Tests)
            foreach (var content in test.Steps.OfType<ContentDraft>())
                if (Array.Find(test.Transforms, transform => !transform.Leaves(content.Pattern)) is { } changes)
                    return new(content.Position, $"This content is incompatible with {changes.Name}: it could never match what that makes of the buffer.");
        if (builder.Tests.Count > MaxTests) return rule.Action.Fault($"A rule looks into at most {MaxTests} buffers.");
        foreach (var test in builder.Tests)
        {
            if (!builder.Options.Provides(test.Buffer))
                return new(test.Position, $"{BufferCatalog.Get(test.Buffer).Name} is not supported: this engine does not extract it. The rule is not loaded.");
            if (test.Buffer is BufferId.HttpHost && test.Steps.OfType<ContentDraft>().FirstOrDefault(content => content.Pattern.Any(char.IsAsciiLetterUpper)) is { } upper)
                return new(upper.Position, "http.host is always in lower case: this content has capitals and could never match (http.host.raw keeps them).");
        }
        return null;
    }

    /// <summary>Where nothing has matched yet, <c>distance</c> and <c>within</c> count from the start of the buffer.</summary>
    private static void PlaceFirst(TestDraft test, SignatureBuilder builder)
    {
        if (test.Steps.FirstOrDefault() is not ContentDraft { IsRelative: true } content) return;
        if (content.Distance is { IsVariable: true } or { Number: < 0 } || content.Within is { IsVariable: true }) return;
        if (content.Distance is not null) builder.Notes.Add("'distance' option for pattern w/o previous content was converted to 'offset'");
        if (content.Within is not null) builder.Notes.Insert(0, "'within' option for pattern w/o previous content was converted to 'depth'");
        (content.Offset, content.Depth) = (content.Distance, content.Within);
        content.Distance = content.Within = null;
        content.IsPlacedByMatch = true;
    }

    private static bool Any(this byte[] bytes, Func<char, bool> predicate) => Array.Exists(bytes, value => predicate((char)value));

    private static SyntaxFault? TryDirections(SignatureBuilder builder, RuleSyntax rule, out FlowDirections directions)
    {
        directions = builder.Direction ?? FlowDirections.Both;
        foreach (var test in builder.Tests)
        {
            var info = BufferCatalog.Get(test.Buffer);
            if ((directions & info.Directions) == 0)
                return new(test.Position, $"{info.Name} exists {Say(info.Directions)} only, and the rest of the rule {Say(directions)}: it could never match.");
            directions &= info.Directions;
        }
        _ = rule;
        return null;

        static string Say(FlowDirections direction) => direction == FlowDirections.ToServer ? "to_server" : "to_client";
    }

    /// <summary>As Suricata: TCP rules look at the stream; contents with a place in the payload are looked for in packets as well.</summary>
    private static PayloadScope ScopeOf(SignatureBuilder builder, ProtocolMatch protocol)
    {
        if (!builder.Tests.Exists(test => test.Buffer == BufferId.Stream)) return PayloadScope.None;
        if (protocol.Name == "tcp-pkt" || builder.NoStream || builder.RequiresPacket) return PayloadScope.Packet;
        if (protocol.Name == "tcp-stream" || builder.OnlyStream) return PayloadScope.Stream;
        if (!protocol.IsTcp) return protocol.IpProtocol is null ? PayloadScope.Packet | PayloadScope.Stream : PayloadScope.Packet;
        return IsAnchored(builder) ? PayloadScope.Packet | PayloadScope.Stream : PayloadScope.Stream;
    }

    private static bool IsAnchored(SignatureBuilder builder) =>
        builder.Tests.Exists(test => test.Buffer == BufferId.Stream && test.Steps.OfType<ContentDraft>().Any(content => content.IsAnchored));

    private static SignatureKind KindOf(SignatureBuilder builder, RuleHeader header, PayloadScope scope)
    {
        if (builder.Tests.Exists(test => test.Buffer != BufferId.Stream && !IsOfPacket(test.Buffer))) return SignatureKind.Transaction;
        if ((scope & PayloadScope.Stream) != 0) return SignatureKind.Stream;
        var isBare = builder.Tests.Count == 0 && builder.State.Count == 0 && builder.Direction is null && !builder.Bypass
            && builder.Flowbits.TrueForAll(operation => !operation.IsCondition) && header.Protocol.Name is not ("pkthdr" or "tcp-pkt" or "tcp-stream");
        if (!isBare) return SignatureKind.Packet;
        if (builder.PacketConditions.TrueForAll(condition => condition.IsOfFlow)) return header.Protocol.Apps.Length > 0 ? SignatureKind.Protocol : SignatureKind.Addresses;
        return builder.PacketConditions.TrueForAll(condition => condition is AppLayerProtocol.Condition) ? SignatureKind.Protocol : SignatureKind.Packet;
    }

    private static bool IsOfPacket(BufferId buffer) =>
        buffer is BufferId.PacketPayload or BufferId.Base64Data or BufferId.IpSource or BufferId.IpDestination or (>= BufferId.Ipv4Header and <= BufferId.Icmpv6Header);

    private static BufferTest Build(TestDraft draft, PayloadScope scope, SignatureBuilder builder)
    {
        var isPayload = draft.Buffer == BufferId.Stream;
        var steps = BuildSteps(draft);
        return new()
        {
            Buffer = isPayload && scope == PayloadScope.Packet ? BufferId.PacketPayload : draft.Buffer,
            Transforms = draft.Transforms,
            Steps = steps,
            IsSticky = !isPayload && (builder.Variables.Count == 0 || builder.Tests.Count == 1),
            StreamOnly = scope == PayloadScope.Stream,
            HasEffect = steps.Any(step => step.HasEffect),
        };
    }

    private static MatchStep[] BuildSteps(TestDraft draft)
    {
        var steps = draft.Steps.Select(step => step.Build()).ToArray();
        for (var i = 0; i < steps.Length; i++) steps[i].RetryHelps = steps[i].MovesPosition && IsFollowed(steps, i);
        return steps;
    }

    /// <summary>Whether a later step starts where this one ended. A step that moves the position by itself cuts the chain.</summary>
    private static bool IsFollowed(MatchStep[] steps, int index)
    {
        for (var i = index + 1; i < steps.Length; i++)
        {
            if (steps[i].IsRelative) return true;
            if (steps[i].MovesPosition) return false;
        }
        return false;
    }
}
