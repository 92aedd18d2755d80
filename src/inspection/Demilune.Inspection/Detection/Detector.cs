using System.Buffers;
using System.Text;
using Demilune.Inspection.Events;
using Demilune.Inspection.Files;
using Demilune.Inspection.Flows;
using Demilune.Inspection.Sessions;
using Demilune.Inspection.Verdicts;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Rules.Matching;
using Demilune.Rules.Prefilters;
using Demilune.Rules.State;

namespace Demilune.Inspection.Detection;

/// <summary>Brings rules and buffers together: which signatures are worth a try, what a match does, and who hears of it.</summary>
internal sealed partial class Detector(InspectorOptions options, InspectorStatistics statistics, FrameScope scope)
{
    /// <summary>Bytes of a match that are shown. An alert has to explain itself, not to carry the file.</summary>
    private const int MaxShown = 256;

    private const int MaxMatchesShown = 16;

    /// <summary>Longer than any protocol's and event's name.</summary>
    private const int MaxEventName = 128;

    private readonly MatchContext _match = new();
    private readonly MatchContext _noticed = new();
    private readonly PendingSignatures _notices = new();
    private readonly Thresholds _thresholds = new();
    private readonly RuleMemory _memory = new();
    private readonly PendingSignatures _packet = new();
    private readonly MatchedBytes[] _shown = new MatchedBytes[MaxMatchesShown];
    private readonly byte[] _shownBytes = new byte[MaxShown * MaxMatchesShown];
    private RuleSet _rules = RuleSet.Empty;
    private bool _flowbitsChanged;

    public FrameScope Scope => scope;

    /// <summary>What follows is judged by these rules.</summary>
    public void Use(RuleSet rules)
    {
        if (_rules == rules) return;
        _rules = rules;
        _match.Prepare(rules);
        _noticed.Prepare(rules);
    }

    /// <summary>Rules that ask for decoder events only: for a packet whose IP header could not be read, or that has none.</summary>
    public void InspectUndecoded()
    {
        _packet.Clear();
        _match.Candidates.Clear();
        var rules = _rules.DecodingRules;
        for (var i = 0; i < rules.Count; i++) _match.Candidates.Add(rules[i]);
        if (_match.Candidates.Count == 0) return;
        Keep(_packet, long.MaxValue);
        Evaluate(_packet, default, 0, null);
    }

    /// <summary>Rules about single packets: those without any buffer, and those that look into headers and the packet's payload.</summary>
    public void InspectPacket(scoped in DetectionBuffers buffers)
    {
        if (scope.Flow is { IsPassed: true }) return;
        var direction = scope.Facts.Direction;
        _packet.Clear();
        if (options.Streams is null) _memory.BeginPacket();
        _match.Candidates.Clear();
        var packetRules = _rules.PacketRules;
        for (var i = 0; i < packetRules.Count; i++) _match.Candidates.Add(packetRules[i]);      // foreach over the interface would allocate
        OfferUnlessEmpty(BufferId.PacketPayload, buffers.Payload);
        OfferUnlessEmpty(buffers.IsV6 ? BufferId.Ipv6Header : BufferId.Ipv4Header, buffers.IpHeader);
        OfferUnlessEmpty(BufferId.IpSource, scope.Source);
        OfferUnlessEmpty(BufferId.IpDestination, scope.Destination);
        if (HeaderBuffer(buffers.Protocol) is { } header) OfferUnlessEmpty(header, buffers.TransportHeader);
        if (_match.Candidates.Count == 0) return;
        Keep(_packet, long.MaxValue);
        Evaluate(_packet, in buffers, 0, null);

        void OfferUnlessEmpty(BufferId id, ReadOnlySpan<byte> bytes)
        {
            if (!bytes.IsEmpty) _rules.Prefilter(id, direction, bytes, _match);
        }
    }

    /// <summary>Looks for what would make signatures worth a try in a whole buffer. <see cref="Keep"/> takes them.</summary>
    public void Offer(BufferId id, ReadOnlySpan<byte> bytes) => _rules.Prefilter(id, scope.Facts.Direction, bytes, _match);

    /// <summary>As above, in a piece of a longer run of bytes.</summary>
    public void Offer(BufferId id, ref StreamTail tail, ReadOnlySpan<byte> bytes) =>
        _rules.Prefilter(id, scope.Facts.Direction, ref tail, bytes, _match);

    /// <summary>Puts what was found to what was found before.</summary>
    public void Keep(PendingSignatures pending, long until)
    {
        if (_match.Candidates.Count == 0) return;
        _match.Candidates.Sort();
        pending.Merge(_match.Candidates.Signatures, until);
        _match.Candidates.Clear();
    }

    /// <summary>Tries every signature that is still open.</summary>
    /// <param name="position">Of the first byte that is new; signatures that were made candidates by bytes out of the window are not tried. Complete messages: 0.</param>
    /// <param name="onlyOfProtocols">Only those of rules for a protocol: it has been recognised just now.</param>
    public void Evaluate(PendingSignatures pending, scoped in DetectionBuffers buffers, long position, ITransaction? transaction, bool onlyOfProtocols = false)
    {
        if (scope.Flow is { IsPassed: true }) return;
        if (transaction is not null && options.Streams is not null) Guess(transaction);
        var passed = scope.Flow?.Passed ?? 0;
        var profile = options.Profile is { } watched && watched.Rules == _rules ? watched : null;
        foreach (ref var entry in pending.Entries)
        {
            if (entry.IsDone || position > entry.Until) continue;
            var signature = _rules[entry.Signature];
            if (onlyOfProtocols && signature.Header.Protocol.Apps.Length == 0) continue;
            if ((passed >> signature.Part & 1) != 0) continue;
            if (signature.Kind == SignatureKind.Addresses && !scope.IsFirstOfSide) continue;
            if (_isSegment && signature.LeavesSegments && pending == _packet) continue;
            if (signature.PayloadScope == Both && IsMatchedByPacket(entry.Signature, pending))
            {
                entry.IsDone = true;
                continue;
            }
            profile?.Consider(entry.Signature);
            if (!signature.AppliesTo(in scope.Facts)) continue;
            profile?.Fit(entry.Signature);
            if (!FlowbitsAllow(signature) || !_memory.Allows(signature, scope)) continue;
            var seen = buffers with { Source = scope.Source, Destination = scope.Destination };
            var started = profile?.Now ?? 0;
            var holds = signature.Matches(ref seen, _match, ref entry.Matched);
            profile?.Try(entry.Signature, started, entry.Matched, holds);
            if (!holds) continue;
            if (!Matched(signature, in buffers, transaction)) continue;
            entry.IsDone = true;
            if (signature.Action == RuleAction.Pass && options.Streams is null)
            {
                // Of a transaction only its own remaining signatures are excused, of a packet or stream the whole flow; and only from its own policy's rules.
                if (transaction is null && scope.Flow is { } flow) flow.Pass(signature.Part);
                passed |= 1u << signature.Part;
                foreach (ref var other in pending.Entries) other.IsDone |= _rules[other.Signature].Part == signature.Part;
            }
        }
    }

    private const PayloadScope Both = PayloadScope.Packet | PayloadScope.Stream;

    /// <summary>The bytes of this frame have matched already, as a packet: as a part of the stream they are no second finding.</summary>
    private bool IsMatchedByPacket(int signature, PendingSignatures pending)
    {
        if (pending == _packet) return false;
        foreach (ref var entry in _packet.Entries)
            if (entry.Signature == signature) return entry.IsDone;
        return false;
    }

    /// <summary>A head is complete and was evaluated: signatures that look at nothing that is still to come need not be tried again.</summary>
    public void Settle(PendingSignatures pending)
    {
        foreach (ref var entry in pending.Entries)
        {
            var mayMatchLater = false;
            var tests = _rules[entry.Signature].Tests;
            for (var i = 0; i < tests.Count; i++)
                mayMatchLater |= tests[i].Buffer is BufferId.HttpRequestBody or BufferId.HttpResponseBody or (>= BufferId.FileData and <= BufferId.FileSha256) or BufferId.Stream or BufferId.PacketPayload;
            entry.IsDone |= !mayMatchLater;
        }
    }

    /// <summary>A transaction's next file begins: signatures that matched because of a former one may match once more.</summary>
    public void Reopen(PendingSignatures pending)
    {
        foreach (ref var entry in pending.Entries)
        {
            if (!entry.IsDone) continue;
            var tests = _rules[entry.Signature].Tests;
            var ofFiles = 0u;
            for (var i = 0; i < tests.Count; i++)
                if (tests[i].Buffer is >= BufferId.FileData and <= BufferId.FileSha256) ofFiles |= 1u << i;
            // One that a pass rule has excused has not matched, and stays excused.
            if (ofFiles == 0 || (entry.Matched & ofFiles) != ofFiles) continue;
            entry.Matched &= ~ofFiles;
            entry.IsDone = false;
        }
    }

    /// <summary>Tells of something odd; blocks the flow if it is <paramref name="isAmbiguous"/> and the policy prevents.</summary>
    /// <param name="layer">Who noticed; a protocol's parser says <see cref="Notice"/> instead.</param>
    /// <param name="name">A constant.</param>
    /// <param name="isAmbiguous">Two receivers may read it differently.</param>
    /// <param name="transaction">Its number, or -1.</param>
    public void Anomaly(AnomalyLayer layer, string name, bool isAmbiguous, int transaction = -1)
    {
        statistics.Anomalies++;
        var blocks = isAmbiguous && scope.Enforces && options.BlockAmbiguous;
        if (blocks) scope.Block(DropReason.Ambiguous);
        // Of a capture they are told with the packet at hand, which may be the other side's acknowledgment.
        var from = scope.From;
        if (options.Streams is not null && layer == AnomalyLayer.AppLayer) scope.Face(scope.PacketFrom);
        var context = scope.Context();
        scope.Events.Anomaly(new(in context, layer, name) { Dropped = blocks, Transaction = transaction });
        scope.Face(from);
    }

    /// <summary>
    /// A parser has noticed something: tells of it, and lets rules that ask for it match. What they ask for besides may be known already, or come later
    /// in the same message.
    /// </summary>
    /// <param name="name"><c>PROTOCOL.EVENT</c>, as Suricata spells it in EVE. A constant.</param>
    /// <param name="transaction">What it is about; null: the flow.</param>
    /// <param name="message">What else is known of that.</param>
    /// <param name="pending">The signatures that the message keeps open; null: what the rule asks for must be known now.</param>
    /// <param name="isAmbiguous">Blocks the flow if the policy prevents.</param>
    public void Notice(
        string name, ITransaction? transaction = null, IMessageBuffers? message = null, PendingSignatures? pending = null, bool isAmbiguous = false)
    {
        Anomaly(AnomalyLayer.AppLayer, name, isAmbiguous, transaction?.Number ?? -1);
        if (!_rules.Inspects(BufferId.AppLayerEvent, FlowDirections.ToServer) && !_rules.Inspects(BufferId.AppLayerEvent, FlowDirections.ToClient)) return;
        Span<byte> text = stackalloc byte[MaxEventName];
        if (Ascii.ToLower(name, text, out var length) != OperationStatus.Done) return;
        var buffers = new DetectionBuffers { Message = message, Event = text[..length] };
        var from = scope.From;
        LookForEvent(pending ?? _notices, FlowDirections.Both, in buffers, transaction);
        // A rule for the other direction only means the same transaction.
        scope.Face(from.Other());
        LookForEvent(_notices, scope.Facts.Direction, in buffers, transaction);
        scope.Face(from);
    }

    /// <param name="open">Where signatures are kept.</param>
    /// <param name="directions">Signatures for others are not tried.</param>
    /// <param name="buffers">With the event.</param>
    /// <param name="transaction">What it is about.</param>
    private void LookForEvent(PendingSignatures open, FlowDirections directions, scoped in DetectionBuffers buffers, ITransaction? transaction)
    {
        if (open == _notices) open.Clear();
        // Not the usual candidates: a message's may be half collected.
        _noticed.Candidates.Clear();
        _rules.Prefilter(BufferId.AppLayerEvent, scope.Facts.Direction, buffers.Event, _noticed);
        if (_noticed.Candidates.Count == 0) return;
        _noticed.Candidates.Sort();
        open.Merge(_noticed.Candidates.Signatures, long.MaxValue);
        if (open == _notices)
            foreach (ref var entry in open.Entries) entry.IsDone |= (_rules[entry.Signature].Directions & ~directions) != 0;
        Evaluate(open, in buffers, 0, transaction);
    }

    /// <summary>A session could not read on.</summary>
    public void CountError(AppProtocol app, string kind) => statistics.Counters?.Add(Counters.ErrorOf(app, kind, scope.Facts.IpProtocol == Wire.Ip.IpProtocol.Tcp));

    private bool FlowbitsAllow(Signature signature)
    {
        if (signature.Flowbits.Count == 0) return true;
        if (scope.Flow is not { } flow) return false;
        for (var i = 0; i < signature.Flowbits.Count; i++)
        {
            var operation = signature.Flowbits[i];
            if (!operation.IsCondition) continue;
            var any = false;
            foreach (var own in operation.Bits)
            {
                var bit = own + signature.Offsets.Flowbits;
                any |= bit >> 6 < flow.Flowbits.Length && (flow.Flowbits[bit >> 6] >> bit & 1) != 0;
            }
            if (any != (operation.Action == FlowbitAction.IsSet)) return false;
        }
        return true;
    }

    /// <returns>False if a detection filter says that it was no match yet.</returns>
    private bool Matched(Signature signature, scoped in DetectionBuffers buffers, ITransaction? transaction)
    {
        if (signature.MutesRecords && transaction is not null) scope.Flow?.Mute(transaction.Number);
        if (options.Streams is not null) return Enqueue(signature, in buffers, transaction);
        var outcome = _thresholds.Count(Owner(signature), signature, scope.Facts.Source, scope.Facts.Destination, scope.Flow?.Id ?? 0, scope.Now);
        if (outcome == ThresholdOutcome.NoMatch) return false;
        if (IsSuppressed(signature)) outcome = ThresholdOutcome.Silent;
        if (scope.Flow is { } flow) ChangeFlowbits(signature, flow);
        _memory.Change(signature, scope, _match);
        // One policy that has seen enough is no reason for the others to look away.
        if (signature.Bypass && scope.Policy is { Count: > 1 }) scope.Flow?.Pass(signature.Part);
        else if (signature.Bypass) scope.Releases = true;
        var wanted = _thresholds.Action(Owner(signature), signature, scope.Facts.Source, scope.Facts.Destination, scope.Flow?.Id ?? 0, scope.Now);
        if (signature.FileStorage is { } storage) Want(storage, signature, buffers.File);
        if (wanted == RuleAction.Pass) return true;
        var action = AlertAction.Allowed;
        var isTold = options.OneAlertPerBlock && wanted != RuleAction.Alert && (scope.Blockers >> signature.Part & 1) != 0;
        if (wanted != RuleAction.Alert)
        {
            action = scope.EnforcesFor(signature.Part) ? AlertAction.Blocked : AlertAction.WouldBlock;
            if (action == AlertAction.Blocked) scope.Block(DropReason.Rules, signature.Part);
            Oppose(signature.Part, action);
        }
        if (!signature.NoAlert && !isTold && outcome == ThresholdOutcome.Report) Tell(signature, action, in buffers, transaction);
        return true;
    }

    /// <summary>One of the policies that judge has found something that it does not let pass.</summary>
    private void Oppose(int member, AlertAction action)
    {
        var policy = scope.Policy![member];
        if (scope.Flow is { } flow)
        {
            // Each flow is counted once.
            if ((flow.Opposed >> member & 1) != 0) return;
            flow.Opposed |= 1u << member;
        }
        if (action == AlertAction.Blocked) policy.Counters.CountBlocked();
        else policy.Counters.CountWouldBlock(policy.IsShadow);
    }

    private string Owner(Signature signature) => scope.Policy?[signature.Part].Name ?? "";

    private bool IsSuppressed(Signature signature)
    {
        for (var i = 0; i < signature.Suppressions.Count; i++)
            if (signature.Suppressions[i].Covers(scope.Facts.Source, scope.Facts.Destination)) return true;
        return false;
    }

    private void ChangeFlowbits(Signature signature, Flow flow)
    {
        if (signature.Flowbits.Count == 0) return;
        var words = (_rules.FlowbitCount + 63) / 64;
        if (flow.Flowbits.Length < words) flow.Flowbits = new ulong[words];
        for (var i = 0; i < signature.Flowbits.Count; i++)
        {
            var operation = signature.Flowbits[i];
            foreach (var own in operation.Bits)
            {
                var bit = own + signature.Offsets.Flowbits;
                ref var word = ref flow.Flowbits[bit >> 6];
                var before = word;
                var mask = 1UL << bit;
                word = operation.Action switch
                {
                    FlowbitAction.Set => word | mask,
                    FlowbitAction.Unset => word & ~mask,
                    FlowbitAction.Toggle => word ^ mask,
                    _ => word,
                };
                _flowbitsChanged |= word != before;
            }
        }
    }

    /// <summary>The files of a transaction come one after another and mostly there is one, so a transaction's are those of its flow in one direction.</summary>
    private void Want(FileStorage storage, Signature signature, TrackedFile? file)
    {
        var own = scope.Facts.Direction;
        var wanted = storage.Direction switch
        {
            FileDirection.Request => FlowDirections.ToServer,
            FileDirection.Response => FlowDirections.ToClient,
            FileDirection.Both => FlowDirections.Both,
            _ => own,
        };
        if (file is not null && (wanted & file.From.Direction()) != 0) file.Want(signature.Sid);
        if (storage.Scope != FileScope.File && scope.Flow is { } flow) flow.WantedFiles |= wanted;
    }

    private void Tell(Signature signature, AlertAction action, scoped in DetectionBuffers buffers, ITransaction? transaction)
    {
        statistics.Alerts++;
        if (scope.Flow is { } flow) flow.HasAlerted = true;
        var count = Show(in buffers, out var used);
        var context = scope.Context() with { Speaker = scope.Policy?[signature.Part] };
        scope.Events.Alert(new(in context, signature, action)
        {
            Transaction = transaction?.Number ?? -1,
            Matches = _shown.AsSpan(0, count),
            Bytes = _shownBytes.AsSpan(0, used),
            Http = transaction is null ? default : transaction.Http,
            RecordType = transaction?.RecordType,
            Record = transaction?.Record,
            File = buffers.File is { } file ? file.Fields() : default,
            HasFile = buffers.File is not null,
            Frame = CopyOf(in buffers),
        });
    }

    /// <summary>Copies what the last signature has matched.</summary>
    /// <returns>How many matches are shown.</returns>
    private int Show(scoped in DetectionBuffers buffers, out int used)
    {
        (var count, used) = (0, 0);
        var evidence = _match.Evidence;
        for (var i = 0; i < evidence.Length && count < MaxMatchesShown; i++)
        {
            ref readonly var found = ref evidence[i];
            ReadOnlySpan<byte> bytes;
            long at;
            if (found.Transformed)
            {
                bytes = _match.Kept(i);
                at = MatchedBytes.Transformed;
            }
            else
            {
                if (!buffers.TryGet(found.Buffer, found.Instance, out var view) || (uint)found.Offset > (uint)view.Bytes.Length) continue;
                bytes = view.Bytes.Slice(found.Offset, Math.Min(found.Length, view.Bytes.Length - found.Offset));
                at = view.Offset + found.Offset;
            }
            bytes = bytes[..Math.Min(MaxShown, bytes.Length)];
            bytes.CopyTo(_shownBytes.AsSpan(used));
            _shown[count++] = new(BufferCatalog.Get(found.Buffer).Name, at, used, bytes.Length);
            used += bytes.Length;
        }
        return count;
    }

    private static BufferId? HeaderBuffer(byte protocol) => protocol switch
    {
        Wire.Ip.IpProtocol.Tcp => BufferId.TcpHeader,
        Wire.Ip.IpProtocol.Udp => BufferId.UdpHeader,
        Wire.Ip.IpProtocol.Icmp => BufferId.Icmpv4Header,
        Wire.Ip.IpProtocol.Icmpv6 => BufferId.Icmpv6Header,
        _ => null,
    };
}
