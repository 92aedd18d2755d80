using Demilune.Inspection.Events;
using Demilune.Inspection.Files;
using Demilune.Inspection.Sessions;
using Demilune.Inspection.Verdicts;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;

namespace Demilune.Inspection.Detection;

/// <summary>
/// Captures: what a packet's matches do is settled for the whole packet, in rule order, as Suricata does. A match in a transaction belongs to the next
/// packet of the side that it is about, for only then Suricata looks.
/// </summary>
internal sealed partial class Detector
{
    private readonly List<QueuedAlert> _queue = [];
    private readonly List<QueuedAlert> _told = [];
    private readonly PendingSignatures _stream = new();
    private readonly Tags _tags = new();
    private bool _isPacketAtHand;
    private bool _isSegment;

    /// <summary>What stands for the stream is but a packet that did not get into it.</summary>
    private bool _isFallback;

    /// <summary>The rule because of which the packet is dropped, if it was one.</summary>
    public Signature? Cause { get; private set; }

    /// <summary>How the packet is rejected; <see cref="RuleAction.Alert"/>: it is not.</summary>
    public RuleAction Rejected { get; private set; } = RuleAction.Alert;

    /// <summary>Rules about this packet alone, and about the stream that it completes.</summary>
    /// <param name="buffers">Headers and payload.</param>
    /// <param name="stream">What stream rules look at; empty: nothing.</param>
    /// <param name="start">Its place.</param>
    /// <param name="isAdded">The payload is a part of the stream, and stream rules need not look at it by itself.</param>
    public void InspectObserved(scoped in DetectionBuffers buffers, ReadOnlySpan<byte> stream, long start, bool isAdded)
    {
        // What is spoken counts only once the connection stands, and not for the very packet with which it does.
        var app = scope.Facts.App;
        if (!IsSettled) scope.Facts.App = Demilune.Rules.Headers.AppProtocol.Unknown;
        _isPacketAtHand = true;
        _isSegment = isAdded;
        InspectPacket(in buffers);
        _isSegment = false;
        _isFallback = stream.IsEmpty && !isAdded;
        if (_isFallback)
        {
            stream = buffers.Payload;
            start = 0;
        }
        if (!stream.IsEmpty && buffers.Protocol == Wire.Ip.IpProtocol.Tcp && scope.Flow is not { IsPassed: true } && _rules.Inspects(BufferId.Stream, scope.Facts.Direction))
        {
            _stream.Clear();
            Offer(BufferId.Stream, stream);
            Keep(_stream, long.MaxValue);
            var view = buffers with { Raw = stream, RawStart = start };
            _flowbitsChanged = false;
            Evaluate(_stream, in view, 0, null);
            // What a rule about the stream has set, rules about the packet may have waited for.
            if (_flowbitsChanged) Evaluate(_packet, in buffers, 0, null);
        }
        _isPacketAtHand = false;
        scope.Facts.App = app;
    }

    /// <summary>The packet is of a connection that stood before it, or of no connection.</summary>
    private bool IsSettled => scope.Facts.IpProtocol != Wire.Ip.IpProtocol.Tcp || scope.Facts.Established;

    /// <summary>A message of this side is complete: stream rules look at it without waiting for more.</summary>
    public void Completed(Side side)
    {
        if (scope.Flow?.Connection is { } connection) connection[side].InspectsNow = true;
    }

    /// <summary>The transaction will be used for another one: alerts that wait keep what they tell of it.</summary>
    public void Closing(ITransaction transaction)
    {
        if (options.Streams is null || scope.Flow is not { } flow) return;
        foreach (var guess in flow.Guesses)
            if (guess?.Live == transaction) guess.Freeze();
        foreach (var waiting in flow.Waiting)
        {
            if (waiting is null) continue;
            foreach (var alert in waiting)
                if (alert.Live == transaction) alert.Freeze();
        }
        foreach (var files in flow.Files)
        {
            if (files is null) continue;
            foreach (var file in files)
                if (file.Transaction.Live == transaction) file.Transaction.Freeze();
        }
    }

    /// <summary>A file is over. Suricata tells of it with the next packet of the side that it came from.</summary>
    /// <returns>False: nothing will tell it later.</returns>
    public bool TryQueue(TrackedFile file, bool isTold)
    {
        if (options.Streams is null || scope.Flow is not { IsReleased: false } flow) return false;
        var kept = new KeptTransaction(file.Transaction);
        if (!file.Transaction.Lasts) kept.Freeze();
        (flow.Files[(int)file.From] ??= []).Add(new(new(file.Fields()), kept, isTold));
        return true;
    }

    /// <summary>Tells of the files of the side that the scope faces.</summary>
    public void TellFiles()
    {
        if (scope.Flow?.Files[(int)scope.From] is not { Count: > 0 } files) return;
        foreach (var queued in files)
        {
            var context = scope.Context();
            var (kept, live) = (queued.Transaction, queued.Transaction.Live);
            scope.Events.File(new(in context, queued.File.Fields)
            {
                Http = live is not null ? live.Http : kept.Http is { } http ? http.Fields : default,
                RecordType = live is not null ? live.RecordType : kept.RecordType,
                Record = live is not null ? live.Record : kept.Record,
                IsTold = queued.IsTold,
            });
        }
        files.Clear();
    }

    /// <summary>Takes actions and tells alerts of a packet from the side that the scope faces.</summary>
    /// <returns>Whether rules drop the packet.</returns>
    public bool Conclude(scoped in ObservedPacket packet)
    {
        (Cause, Rejected) = (null, RuleAction.Alert);
        var isDropped = false;
        if (scope.Flow is { } flow)
        {
            if (flow.Waiting[(int)scope.From] is { Count: > 0 } waiting)
            {
                if (!flow.IsPassed) _queue.AddRange(waiting);
                waiting.Clear();
            }
        }
        _told.Clear();
        if (_queue.Count > 0) Settle(in packet, out isDropped);
        if (_memory.PacketTexts.Count > 0) TellTexts();
        RecordTagged(packet.Bytes.Length);
        TellFiles();
        if (scope.Flow is { } settled)
        {
            ref var guess = ref settled.Guesses[(int)scope.From];
            if (guess is { Live: null }) guess = null;
            else if (guess is not null) guess.IsSeen = true;
        }
        return isDropped;
    }

    /// <summary>What rules have captured of the packet at hand; of the next they may capture anew.</summary>
    private void TellTexts()
    {
        scope.PacketTexts = _memory.PacketTexts;
        var context = scope.Context();
        scope.Events.Captured(new(in context));
        _memory.BeginPacket();
        scope.PacketTexts = [];
    }

    private void RecordTagged(int length)
    {
        if (length == 0 || !_tags.Take(scope, scope.Flow, length) || _told.Count > 0) return;
        var context = scope.Context();
        scope.Events.Packet(new(in context));
    }

    private void Settle(scoped in ObservedPacket packet, out bool isDropped)
    {
        var ordered = _queue.OrderBy(alert => alert.Signature.Index).ThenBy(alert => alert.Transaction).ToArray();
        _queue.Clear();
        _told.Clear();
        var outcome = new PacketOutcome { IsDropped = packet.Dropped != DropReason.None };
        foreach (var alert in ordered)
            if (!Settle(alert, ref outcome)) break;
        Rejected = outcome.Rejected;
        scope.PacketTexts = _memory.PacketTexts;
        foreach (var alert in _told) Tell(alert, in packet, in outcome);
        isDropped = outcome.ByRule;
    }

    /// <summary>A record of each oddity of the segment.</summary>
    public void TellStreamEvents()
    {
        foreach (var happened in scope.StreamEvents)
        {
            statistics.Anomalies++;
            var context = scope.Context();
            scope.Events.Anomaly(new(in context, AnomalyLayer.Stream, Demilune.Rules.Headers.StreamEvents.Name(happened)));
        }
    }

    /// <summary>A side is busy with this.</summary>
    private void Guess(ITransaction transaction)
    {
        if (scope.Flow is not { } flow || !(options.GuessesTransactions || _rules.Inspects(BufferId.Stream, scope.Facts.Direction))) return;
        ref var guess = ref flow.Guesses[(int)scope.From];
        if (guess is not null && (!guess.IsSeen || (guess.Live == transaction && guess.Number == transaction.Number))) return;
        guess = new(transaction);
        if (!transaction.Lasts) guess.Freeze();
    }

    private bool Enqueue(Signature signature, scoped in DetectionBuffers buffers, ITransaction? transaction)
    {
        if (scope.Flow is { } flow) ChangeFlowbits(signature, flow);
        _memory.Change(signature, scope, _match);
        if (signature.Bypass) scope.Releases = true;
        if (signature.FileStorage is { } storage) Want(storage, signature, buffers.File);
        var count = Show(in buffers, out var used);
        var isOfStream = !buffers.Raw.IsEmpty && !_isFallback && Array.Exists(_shown[..count], match => match.Buffer == "stream");
        var alert = new QueuedAlert
        {
            Signature = signature,
            Transaction = transaction?.Number ?? -1,
            IsStateful = transaction is not null || isOfStream,
            IsOfStream = isOfStream,
            Matches = _shown[..count],
            Bytes = _shownBytes[..used],
            Live = transaction,
            File = buffers.File is { } file ? new(file.Fields()) : null,
            Frame = CopyOf(in buffers),
        };
        if (transaction is not { Lasts: true }) alert.Freeze();
        if (_isPacketAtHand || scope.Flow is not { } owner) _queue.Add(alert);
        else (owner.Waiting[(int)scope.From] ??= []).Add(alert);
        return true;
    }

    /// <returns>False: no rule after this one applies.</returns>
    private bool Settle(QueuedAlert alert, ref PacketOutcome outcome)
    {
        var signature = alert.Signature;
        var (source, destination, flow) = (scope.Facts.Source, scope.Facts.Destination, scope.Flow);
        var counted = _thresholds.Count(Owner(signature), signature, source, destination, flow?.Id ?? 0, scope.Now);
        if (counted == ThresholdOutcome.NoMatch) return true;
        if (IsSuppressed(signature)) counted = ThresholdOutcome.Silent;
        var action = _thresholds.Action(Owner(signature), signature, source, destination, flow?.Id ?? 0, scope.Now);
        alert.Action = action;
        _tags.Add(signature, scope);
        var isFlows = signature.ConcernsFlow(alert.IsStateful);
        if (action == RuleAction.Pass)
        {
            if (!outcome.IsDropped)
            {
                outcome.IsPassed = true;
                if (isFlows && flow is not null) flow.IsPassed = true;
            }
        }
        else if (action != RuleAction.Alert)
        {
            if (!outcome.IsDropped) Cause = signature;
            if (action != RuleAction.Drop) outcome.Rejected = action;
            (outcome.IsDropped, outcome.ByRule) = (true, true);
            if (isFlows && flow is not null) (flow.IsBlocked, flow.IsRefused) = (flow.IsBlocked || scope.Enforces, !scope.Enforces);
        }
        var isTold = counted == ThresholdOutcome.Report && !(signature.NoAlert || (signature.Action == RuleAction.Pass && !signature.AlertsOnPass));
        if (isTold)
        {
            if (_told.Count < options.MaxAlertsPerPacket) _told.Add(alert);
            else Discard();
        }
        else
        {
            statistics.AlertsSuppressed++;
            statistics.Counters?.Add("detect.alerts_suppressed");
        }
        return action != RuleAction.Pass;
    }

    /// <summary>Suricata guesses for what is found in a stream, and for rules of a protocol about a datagram.</summary>
    private KeptTransaction? GuessOf(QueuedAlert alert)
    {
        if (scope.Flow is not { } flow) return null;
        var isDatagrams = flow.Protocol == Wire.Ip.IpProtocol.Udp && alert.Signature.Header.Protocol.Apps.Length > 0;
        // What was over before the last packet is not what this one is about.
        return (alert.IsOfStream || isDatagrams || options.GuessesTransactions) && flow.Guesses[(int)scope.From] is { } guess && !(guess.IsSeen && guess.Live is null) ? guess : null;
    }

    private void Discard()
    {
        statistics.AlertsDiscarded++;
        statistics.Counters?.Add("detect.alert_queue_overflow");
    }

    private void Tell(QueuedAlert alert, scoped in ObservedPacket packet, scoped in PacketOutcome outcome)
    {
        statistics.Alerts++;
        statistics.Counters?.Add("detect.alert");
        if (scope.Flow is { } flow) flow.HasAlerted = true;
        var context = scope.Context();
        var isBlock = alert.Action is not (RuleAction.Alert or RuleAction.Pass) && (scope.Enforces || alert.Action != RuleAction.Drop);
        var guess = alert.Transaction >= 0 ? null : GuessOf(alert);
        var live = guess is not null ? guess.Live : alert.Live;
        scope.Events.Alert(new(in context, alert.Signature, isBlock ? AlertAction.Blocked : AlertAction.Allowed)
        {
            Transaction = guess?.Number ?? alert.Transaction,
            IsGuessed = guess is not null && context.Protocol == Wire.Ip.IpProtocol.Tcp,
            Matches = alert.Matches,
            Bytes = alert.Bytes,
            Http = live is not null ? live.Http : (guess?.Http ?? alert.Http) is { } http ? http.Fields : default,
            RecordType = live is not null ? live.RecordType : guess?.RecordType ?? alert.RecordType,
            Record = live is not null ? live.Record : guess?.Record ?? alert.Record,
            Files = FilesOf(alert, guess?.Number ?? alert.Transaction),
            Frame = alert.Frame,
            Packet = packet.Bytes,
            Payload = alert.IsOfStream && !packet.Stream.IsEmpty ? packet.Stream : packet.Payload,
            IsOfStream = alert.IsOfStream,
            Verdict = outcome.IsDropped && scope.Enforces ? PacketVerdict.Drop : outcome.IsPassed ? PacketVerdict.Pass : PacketVerdict.Alert,
            Rejected = outcome.Rejected,
        });
    }

    /// <summary>What an alert tells of files: those of its transaction, from the side that the scope faces, that are going by or are told with this packet.</summary>
    private List<FileCopy> FilesOf(QueuedAlert alert, int transaction)
    {
        if (scope.Flow is not { } flow || transaction < 0) return alert.File is null ? [] : [alert.File];
        var files = new List<FileCopy>();
        foreach (var queued in flow.Files[(int)scope.From] ?? [])
            if (queued.IsTold && queued.File.Fields.Transaction == transaction) files.Add(queued.File);
        foreach (var open in flow.OpenFiles ?? [])
            if (open.From == scope.From && open.Transaction.Number == transaction) files.Add(new(open.Fields()));
        return files;
    }

    /// <summary>What becomes of a packet.</summary>
    private struct PacketOutcome()
    {
        public bool IsDropped;
        public bool ByRule;
        public bool IsPassed;

        /// <summary>How, if it was rejected; <see cref="RuleAction.Alert"/>: it was not.</summary>
        public RuleAction Rejected = RuleAction.Alert;
    }
}
