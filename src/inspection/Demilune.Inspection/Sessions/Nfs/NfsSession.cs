using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Inspection.Files;
using Demilune.Inspection.Reassembly;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Wire;
using Demilune.Wire.Nfs;
using Demilune.Wire.Rpc;
using Demilune.Rules.Headers;

namespace Demilune.Inspection.Sessions.Nfs;

/// <summary>NFS 2, 3 and 4 over UDP and TCP: calls with their replies, and the files that go by.</summary>
internal sealed class NfsSession : IProtocolSession
{
    /// <summary>Calls without a reply; Linux' servers keep up to 65,536 in flight over all clients, a client some hundred.</summary>
    private const int MaxOpen = 1024;

    /// <summary>Names that are known by handle, and files that are read or written at a time.</summary>
    private const int MaxNames = 4096, MaxFiles = 256;

    private readonly InspectorOptions _options;
    private readonly Detector _detector;
    private readonly FileTracker _files;
    private readonly HeadedReader[] _readers = [NewReader(), NewReader()];
    private readonly Dictionary<uint, NfsTransaction> _open = [];
    private readonly Queue<uint> _order = new();
    private readonly Dictionary<string, byte[]> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Handle, Side From), NfsTransaction> _transfers = [];
    private NfsTransaction? _latest;
    private bool _isDatagram;
    private int _transactions;

    private NfsSession(InspectorOptions options, SegmentPool pool, Detector detector)
    {
        (_options, _detector) = (options, detector);
        _files = new(options, pool, detector);
    }

    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.Nfs,
        OfStream = static (from, bytes) => bytes.Length < RpcMessage.MarkLength ? Wire.Detection.Incomplete
            : RpcMessage.LengthOf(bytes) == 0 ? Wire.Detection.No : OfMessage(from, bytes[RpcMessage.MarkLength..], isAtPort: false),
        OfDatagram = static (from, bytes) => OfMessage(from, bytes, isAtPort: false),
        Ports = [2049],
        AtPort = static (from, bytes) => OfMessage(from, bytes is [>= 0x80, ..] && bytes.Length > RpcMessage.MarkLength ? bytes[RpcMessage.MarkLength..] : bytes, isAtPort: true),
        Buffers = [BufferId.NfsVersion, BufferId.NfsProcedure],
        Events = ["nfs.malformed_data", "nfs.non_existing_version", "nfs.unsupported_version", "nfs.too_many_transactions"],
        Open = static (options, pool, detector) => new NfsSession(options, pool, detector),
    };

    public void Begin(RuleSet rules, bool isDatagram)
    {
        Clear();
        _files.Begin(rules);
        (_isDatagram, _transactions) = (isDatagram, 0);
    }

    public void Deliver(Side from, ReadOnlySpan<byte> bytes)
    {
        if (_isDatagram)
        {
            Take(from, bytes, bytes, bytes.Length);
            return;
        }
        var length = bytes.Length;
        while (_readers[(int)from].TryRead(ref bytes, out var record)) Take(from, record, record[RpcMessage.MarkLength..], length - bytes.Length);
    }

    public bool TrySkip(Side from, long count)
    {
        _readers[(int)from].Skip(count);
        return true;
    }

    public void Close(Side from)
    {
        if (from != Side.Server) return;
        foreach (var transfer in _transfers.Values) End(transfer, FileState.Truncated);
        _transfers.Clear();
        foreach (var call in _open.Values.OrderBy(call => call.Number)) Tell(call);
        _open.Clear();
        _order.Clear();
    }

    public void Clear()
    {
        foreach (var reader in _readers) reader.Reset();
        foreach (var transfer in _transfers.Values)
            if (transfer.File is { } file) _files.Forget(file);
        _transfers.Clear();
        _open.Clear();
        _order.Clear();
        _names.Clear();
        _latest = null;
    }

    public bool IsOver(Side from) => _readers[(int)from].IsBroken;

    public IMessageBuffers? Message(Side from) => _latest;

    private static HeadedReader NewReader() => new(RpcMessage.MarkLength, RpcMessage.LengthOf);

    private static Wire.Detection OfMessage(Side from, ReadOnlySpan<byte> bytes, bool isAtPort)
    {
        if (bytes.Length < 24) return Wire.Detection.Incomplete;
        var reader = new WireReader(bytes[4..]);
        var kind = reader.U32();
        if (from == Side.Server) return kind == 1 && isAtPort && reader.U32() <= 1 ? Wire.Detection.Yes : Wire.Detection.No;
        return kind == 0 && reader.U32() == 2 && reader.U32() == NfsCall.Program && reader.U32() is >= 2 and <= 4 ? Wire.Detection.Yes : Wire.Detection.No;
    }

    private void Take(Side from, ReadOnlySpan<byte> record, ReadOnlySpan<byte> bytes, int end)
    {
        if (!RpcMessage.TryView(bytes, out var rpc) || rpc.IsCall != (from == Side.Client))
        {
            _detector.Notice("nfs.malformed_data", _latest, _latest, _latest?.Pending);
            return;
        }
        if (rpc.IsCall) TakeCall(in rpc);
        else TakeReply(in rpc);
        _detector.Frame(FrameType.RpcPdu, record, end, _latest, _latest);
        if (rpc.Body.IsEmpty) return;
        _detector.Frame(FrameType.RpcData, rpc.Body, end, _latest, _latest);
        _detector.Frame(FrameType.NfsPdu, rpc.Body, end, _latest, _latest);
        if (!rpc.IsCall && rpc.Body.Length >= 4) _detector.Frame(FrameType.NfsStatus, rpc.Body[..4], end - rpc.Body.Length + 4, _latest, _latest);
    }

    private void TakeCall(scoped in RpcMessage rpc)
    {
        if (rpc.Program != NfsCall.Program) return;
        var isWhole = NfsCall.TryRead(rpc.Version, rpc.Procedure, rpc.Body, out var call);
        var hasUser = rpc.TryUser(out var machine, out var user, out var group);
        var handle = Convert.ToHexString(call.Handle);
        var name = call.Name.IsEmpty ? _names.GetValueOrDefault(handle, []) : call.Name.ToArray();
        var transaction = new NfsTransaction
        {
            Number = _transactions++, Xid = rpc.Xid, Version = rpc.Version, Procedure = call.Procedure, Action = call.Action, Handle = call.Handle.ToArray(),
            Name = name, NewName = call.NewName.ToArray(), Flavor = rpc.Flavor, User = hasUser ? (machine.ToArray(), user, group) : null, Offset = call.Offset,
        };
        Inspect(transaction);
        if (!isWhole) _detector.Notice("nfs.malformed_data", transaction, transaction, transaction.Pending);
        if (rpc.Version is < 2 or > 4) _detector.Notice("nfs.unsupported_version", transaction, transaction, transaction.Pending);
        if (_open.TryAdd(rpc.Xid, transaction)) _order.Enqueue(rpc.Xid);
        if (call.Action == NfsAction.Write) Transfer(Side.Client, handle, transaction, call.Data, isEnd: false);
        else if (call.Action is NfsAction.Commit or NfsAction.Close) EndTransfer(handle, Side.Client);
        if (_open.Count <= MaxOpen || !_order.TryDequeue(out var oldest) || !_open.Remove(oldest, out var forgotten)) return;
        _detector.Notice("nfs.too_many_transactions", forgotten, forgotten, forgotten.Pending);
        Tell(forgotten);
    }

    private void TakeReply(scoped in RpcMessage rpc)
    {
        if (!_open.Remove(rpc.Xid, out var transaction)) return;
        while (_order.TryPeek(out var oldest) && !_open.ContainsKey(oldest)) _order.Dequeue();
        _latest = transaction;
        transaction.ReplyStatus = rpc.ReplyStatus;
        if (rpc is { ReplyStatus: 0, AcceptStatus: 0 })
        {
            NfsReply.TryRead(transaction.Version, transaction.Action, rpc.Body, out var reply);
            transaction.Status = reply.Status;
            if (!reply.Handle.IsEmpty && transaction.Name.Length > 0 && _names.Count < MaxNames) _names[Convert.ToHexString(reply.Handle)] = transaction.Name;
            if (transaction.Action == NfsAction.Read && reply.Status == 0) Transfer(Side.Server, Convert.ToHexString(transaction.Handle), transaction, reply.Data, reply.IsEnd);
        }
        _detector.Evaluate(transaction.Pending, new DetectionBuffers { Message = transaction }, 0, transaction);
        Tell(transaction);
    }

    private void Inspect(NfsTransaction transaction)
    {
        _latest = transaction;
        foreach (var id in (ReadOnlySpan<BufferId>)[BufferId.NfsVersion, BufferId.NfsProcedure])
            if (transaction.TryGet(id, 0, default, out var view)) _detector.Offer(id, view.Bytes);
        _detector.Keep(transaction.Pending, long.MaxValue);
        _detector.Evaluate(transaction.Pending, new DetectionBuffers { Message = transaction }, 0, transaction);
    }

    /// <summary>Some of a file.</summary>
    private void Transfer(Side from, string handle, NfsTransaction call, ReadOnlySpan<byte> data, bool isEnd)
    {
        if (!_transfers.TryGetValue((handle, from), out var transfer))
        {
            if (_transfers.Count == MaxFiles) return;
            transfer = new()
            {
                Number = _transactions++, Version = call.Version, Procedure = call.Procedure, Action = call.Action, Handle = call.Handle, Name = call.Name,
                Flavor = call.Flavor, User = call.User, IsFile = true,
            };
            transfer.File = _files.Open(from, call.Name, transfer, transfer.Pending, transfer);
            _transfers.Add((handle, from), transfer);
        }
        _latest = transfer;
        transfer.Xid = call.Xid;
        transfer.Chunks++;
        // What does not follow is judged nevertheless; only the file is no whole any more.
        if (call.Offset != transfer.Next) transfer.File!.Skip(Math.Max(0, call.Offset - transfer.Next));
        _files.Append(transfer.File!, data);
        transfer.Next = call.Offset + data.Length;
        if (isEnd) EndTransfer(handle, from);
    }

    private void EndTransfer(string handle, Side from)
    {
        if (!_transfers.Remove((handle, from), out var transfer)) return;
        transfer.IsLast = true;
        End(transfer, FileState.Closed);
    }

    private void End(NfsTransaction transfer, FileState state)
    {
        if (transfer.File is { } file) _files.Close(file, state);
        transfer.File = null;
        Tell(transfer);
    }

    /// <summary>As Suricata: of those before version 4 questions for attributes are not told, and the others from the server to the client.</summary>
    private void Tell(NfsTransaction transaction)
    {
        if (!_options.LogTransactions || (transaction.Version <= 3 && transaction.Procedure == 1)) return;
        if (!transaction.IsFile && transaction.Action is NfsAction.Read or NfsAction.Write) return;     // told with their file
        var scope = _detector.Scope;
        var from = scope.From;
        scope.Face(Side.Server);
        var context = scope.Context();
        scope.Events.Record(new(in context, "nfs", transaction.Number, transaction));
        scope.Face(from);
    }
}
