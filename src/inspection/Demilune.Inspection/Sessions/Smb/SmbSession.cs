using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Inspection.Files;
using Demilune.Inspection.Reassembly;
using Demilune.Inspection.Sessions.DceRpc;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Wire.DceRpc;
using Demilune.Wire.Smb;

namespace Demilune.Inspection.Sessions.Smb;

/// <summary>An SMB connection: requests and their answers, the trees and files that are open, and what goes through them.</summary>
internal sealed partial class SmbSession : IProtocolSession
{
    /// <summary>Requests without an answer: a server grants at most 8192 credits, a client uses some hundred.</summary>
    private const int MaxOpen = 1024;

    /// <summary>Trees and files that are known at a time; what is opened past that is judged without its name.</summary>
    private const int MaxTrees = 1024, MaxFiles = 4096;

    private readonly InspectorOptions _options;
    private readonly SegmentPool _pool;
    private readonly Detector _detector;
    private readonly FileTracker _files;
    private readonly SmbReader[] _readers = [new(isClient: true), new(isClient: false)];
    private readonly Direction[] _directions;
    private readonly SmbFrames[] _frames;
    private readonly Dictionary<(int Version, ulong Key), SmbTransaction> _open = [];
    private readonly Queue<(int Version, ulong Key)> _order = new();
    private readonly Dictionary<uint, (byte[] Name, bool IsPipe)> _trees = [];
    private readonly Dictionary<UInt128, SmbOpenFile> _openFiles = [];
    private readonly Dictionary<(int Version, ulong Key), (UInt128 File, long Offset)> _reads = [];
    private SmbTransaction? _latest;
    private int _transactions;
    private bool _hasToldMalformed;

    public SmbSession(InspectorOptions options, SegmentPool pool, Detector detector)
    {
        (_options, _pool, _detector) = (options, pool, detector);
        _files = new(options, pool, detector);
        _directions = [new(this, Side.Client), new(this, Side.Server)];
        _frames = [new(new(options, pool, detector)), new(new(options, pool, detector))];
    }

    /// <summary>As agreed on; "unknown" before.</summary>
    public string Dialect { get; private set; } = "unknown";
    public uint MaxRead { get; private set; }
    public uint MaxWrite { get; private set; }

    public void Begin(RuleSet rules, bool isDatagram)
    {
        _files.Begin(rules);
        foreach (var reader in _readers) reader.Reset();
        (Dialect, MaxRead, MaxWrite, _transactions, _hasToldMalformed) = ("unknown", 0, 0, 0, false);
    }

    public void Deliver(Side from, ReadOnlySpan<byte> bytes)
    {
        if (_detector.Wants(FrameType.NbssPdu, FrameType.Smb3Data)) _frames[(int)from].Take(bytes);
        _readers[(int)from].Feed(bytes, _directions[(int)from]);
    }

    public void Close(Side from)
    {
        if (from != Side.Server) return;
        foreach (var file in _openFiles.Values) CloseFile(file, FileState.Truncated);
        _openFiles.Clear();
        foreach (var transaction in _open.Values.OrderBy(transaction => transaction.Number)) Tell(transaction);
        _open.Clear();
    }

    public void Clear()
    {
        foreach (var file in _openFiles.Values)
        {
            foreach (var transfer in file.Transfers)
                if (transfer.File is not null) _files.Forget(transfer.File);
            file.Conversation?.Clear();
        }
        _openFiles.Clear();
        _open.Clear();
        _order.Clear();
        _trees.Clear();
        _reads.Clear();
        foreach (var direction in _directions) direction.Clear();
        foreach (var side in _frames) side.Clear();
        _latest = null;
    }

    public bool IsOver(Side from) => false;

    public IMessageBuffers? Message(Side from) => _latest;

    /// <summary>What one direction's reader tells.</summary>
    private sealed class Direction(SmbSession session, Side side) : ISmbEvents
    {
        /// <summary>Whose data follows; null: nobody's.</summary>
        public SmbOpenFile? Target { get; set; }
        public long Offset { get; set; }
        public uint? Status { get; set; }
        public Func<SmbTransaction>? PipeRequest { get; set; }

        public void Clear() => (Target, PipeRequest) = (null, null);

        public void Message2(ReadOnlySpan<byte> message, long dataLength)
        {
            (Target, Offset, PipeRequest) = (null, 0, null);
            session.Take2(side, new(message));
        }

        public void Data(ReadOnlySpan<byte> bytes, bool isLast)
        {
            if (Target is { } target) session.TakeData(target, side, Offset, bytes, Status, PipeRequest);
            Offset += bytes.Length;
        }

        public void Message1(ReadOnlySpan<byte> message)
        {
            (Target, PipeRequest) = (null, null);
            session.Take1(side, message);
        }

        public void Opaque() => Target = null;

        public void Malformed()
        {
            Target = null;
            if (session._hasToldMalformed) return;
            session._hasToldMalformed = true;
            session._detector.Notice("smb.malformed_data");
        }
    }

    /// <summary>A request begins a transaction.</summary>
    private SmbTransaction Open(int version, int command, ulong key, ulong sessionId, uint treeId, SmbDetails? details)
    {
        if (_order.Count >= MaxOpen && _order.TryDequeue(out var oldest) && _open.Remove(oldest, out var forgotten))
        {
            _detector.Notice("smb.too_many_transactions", forgotten, forgotten, forgotten.Pending);
            Tell(forgotten);
        }
        var transaction = new SmbTransaction(this)
        {
            Number = _transactions++, Version = version, Command = command, SessionId = sessionId, TreeId = treeId, Details = details,
        };
        if (_open.Remove((version, key), out var former)) Tell(former);
        _open[(version, key)] = transaction;
        _order.Enqueue((version, key));
        _latest = transaction;
        return transaction;
    }

    /// <summary>What its buffers hold now is judged.</summary>
    private void Inspect(SmbTransaction transaction, Side from)
    {
        _latest = transaction;
        transaction.Facing = from;
        foreach (var id in (ReadOnlySpan<BufferId>)[BufferId.SmbNamedPipe, BufferId.SmbShare, BufferId.SmbNtlmsspUser, BufferId.SmbNtlmsspDomain])
            if (transaction.TryGet(id, 0, default, out var view)) _detector.Offer(id, view.Bytes);
        _detector.Keep(transaction.Pending, long.MaxValue);
        _detector.Evaluate(transaction.Pending, new DetectionBuffers { Message = transaction }, 0, transaction);
    }

    /// <summary>An answer ends it.</summary>
    private void Finish(int version, ulong key, SmbTransaction transaction)
    {
        _open.Remove((version, key));
        if (_order.TryPeek(out var oldest) && !_open.ContainsKey(oldest)) _order.Dequeue();
        Tell(transaction);
    }

    private void Tell(SmbTransaction transaction)
    {
        if (!_options.LogTransactions) return;
        _detector.Scope.TellRecord(transaction.RecordType, transaction.Number, transaction);
    }

    private SmbOpenFile? OpenFile(UInt128 key, byte[] id, byte[] name, uint treeId)
    {
        if (_openFiles.Remove(key, out var former)) CloseFile(former, FileState.Closed);
        if (_openFiles.Count >= MaxFiles) return null;
        var (share, isPipe) = _trees.GetValueOrDefault(treeId, ([], false));
        var isOther = isPipe && _options.Streams is not null && !SmbNames.IsService(name);
        var file = new SmbOpenFile(id, name, share) { IsOtherPipe = isOther, Conversation = isPipe && !isOther ? NewConversation() : null };
        _openFiles.Add(key, file);
        return file;
    }

    /// <summary>Known, or opened before the connection was seen.</summary>
    private SmbOpenFile? FindFile(UInt128 key, ReadOnlySpan<byte> id, uint treeId) => _openFiles.GetValueOrDefault(key) ?? OpenFile(key, id.ToArray(), [], treeId);

    private void CloseFile(SmbOpenFile file, FileState state)
    {
        foreach (var transfer in file.Transfers)
        {
            if (transfer.Transaction is not { } transaction) continue;
            if (state == FileState.Closed && transaction.Version == 2) transaction.Status = 0;
            if (transfer.File is not null) _files.Close(transfer.File, state);
            Tell(transaction);
            (transfer.File, transfer.Transaction) = (null, null);
        }
        if (file.Conversation is not { } conversation) return;
        while (conversation.Calls.Count > 0) FinishCall(conversation, conversation.Calls[0]);
    }

    /// <summary>Some of a file, or of what is said over a pipe.</summary>
    private void TakeData(SmbOpenFile file, Side from, long offset, ReadOnlySpan<byte> bytes, uint? status, Func<SmbTransaction>? begin)
    {
        if (file.IsOtherPipe) return;
        if (file.Conversation is null && IsUnknownPipe(file, from, bytes)) file.Conversation = NewConversation();
        if (file.Conversation is not null)
        {
            TakePipe(file, from, bytes, status, begin);
            return;
        }
        var transfer = file.Transfers[(int)from];
        if (transfer.File is null)
        {
            if (begin is null) return;
            if (transfer.Transaction is { } ended) Tell(ended);
            transfer.Transaction = begin();
            transfer.Transaction.Details = new FileDetails(file.Name, file.Share, file.Id);
            transfer.File = _files.Open(from, file.Name, transfer.Transaction, transfer.Transaction.Pending, transfer.Transaction);
            transfer.Next = 0;
        }
        _latest = transfer.Transaction;
        // What does not follow is judged nevertheless; only the file is no whole any more.
        if (offset != transfer.Next) transfer.File.Skip(Math.Max(0, offset - transfer.Next));
        _files.Append(transfer.File, bytes);
        transfer.Next = offset + bytes.Length;
    }

    /// <summary>Of a tree that was opened before the connection was seen nothing is known but what goes through it.</summary>
    private static bool IsUnknownPipe(SmbOpenFile file, Side from, ReadOnlySpan<byte> bytes) =>
        file.Share.Length == 0 && file.Transfers[0].File is null && file.Transfers[1].File is null && DceDetection.OfStream(from == Side.Client, bytes) == Wire.Detection.Yes;

    private DceConversation NewConversation() => new(_pool, _detector, isOverPipe: true);

    private void TakePipe(SmbOpenFile file, Side from, ReadOnlySpan<byte> bytes, uint? status, Func<SmbTransaction>? begin)
    {
        if (file.Conversation is not { } conversation) return;
        while (file.Readers[(int)from].TryRead(ref bytes, out var fragment))
        {
            if (conversation.Find(from, fragment, out var isNew) is not { } call) continue;
            if (isNew)
            {
                var transaction = begin?.Invoke() ?? new SmbTransaction(this) { Number = _transactions++, Version = 2, Command = 9 };
                transaction.Details = new DceDetails(call, conversation);
                (call.Transaction, call.Message) = (transaction, transaction);
            }
            var owner = (SmbTransaction)call.Transaction;
            (_latest, owner.Facing) = (owner, from);
            if (from == Side.Server && status is not null) owner.Status = status;
            if (conversation.Take(from, fragment, call)) FinishCall(conversation, call);
        }
    }

    private void FinishCall(DceConversation conversation, DceCall call)
    {
        Tell((SmbTransaction)call.Transaction);
        conversation.Forget(call);
    }
}
