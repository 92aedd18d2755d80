using System.Buffers.Binary;
using Demilune.Inspection.Events;
using Demilune.Wire.Smb;

namespace Demilune.Inspection.Sessions.Smb;

internal sealed partial class SmbSession
{
    private const int Negotiate = 0, SessionSetup = 1, TreeConnect = 3, Create = 5, CloseCommand = 6, ReadCommand = 8, WriteCommand = 9, Ioctl = 11, GetInfo = 16, SetInfo = 17;

    private const uint Pending = 0x103, BufferOverflow = 0x8000_0005, EndOfFile = 0xc000_0011;

    /// <summary>FSCTL_PIPE_TRANSCEIVE: a write and a read in one.</summary>
    private const uint Transceive = 0x0011_c017;

    private void Take2(Side from, Smb2Header header)
    {
        if (header.IsResponse != (from == Side.Server))
        {
            _detector.Notice(from == Side.Server ? "smb.request_to_client" : "smb.response_to_server");
            return;
        }
        if (header.IsResponse) TakeAnswer2(header);
        else TakeRequest2(header);
    }

    private void TakeRequest2(Smb2Header header)
    {
        var body = header.Body;
        var (command, key, sessionId, treeId) = ((int)header.Command, header.MessageId, header.SessionId, header.TreeId);
        switch (command)
        {
            case ReadCommand when body.Length >= 32:
                if (_reads.Count < MaxOpen) _reads[(2, key)] = (FileKey(body[16..]), BinaryPrimitives.ReadInt64LittleEndian(body[8..]));
                _ = FindFile(FileKey(body[16..]), body.Slice(16, 16), treeId);
                return;
            case WriteCommand when body.Length >= 32:
                var direction = _directions[(int)Side.Client];
                direction.Target = FindFile(FileKey(body[16..]), body.Slice(16, 16), treeId);
                direction.Offset = BinaryPrimitives.ReadInt64LittleEndian(body[8..]);
                direction.PipeRequest = () => NewTransaction(2, WriteCommand, sessionId, treeId);
                return;
            case ReadCommand or WriteCommand or GetInfo:
                return;
            case SetInfo:
                if (DetailsOfSetInfo(header) is { } change) Open(2, command, key, sessionId, treeId, change);
                return;
            case CloseCommand when body.Length >= 24:
                if (_openFiles.Remove(FileKey(body[8..]), out var closed)) CloseFile(closed, FileState.Closed);
                break;
            case Ioctl when body.Length >= 48:
                if (BinaryPrimitives.ReadUInt32LittleEndian(body[4..]) != Transceive)
                {
                    Open(2, command, key, sessionId, treeId, new IoctlDetails(BinaryPrimitives.ReadUInt32LittleEndian(body[4..])));
                    return;
                }
                if (FindFile(FileKey(body[8..]), body.Slice(8, 16), treeId) is not { } pipe) return;
                if (pipe.IsOtherPipe)
                {
                    Open(2, command, key, sessionId, treeId, new IoctlDetails(Transceive));
                    return;
                }
                if (_reads.Count < MaxOpen) _reads[(2, key)] = (FileKey(body[8..]), 0);
                TakePipe(pipe, Side.Client, header.Slice((int)BinaryPrimitives.ReadUInt32LittleEndian(body[24..]), BinaryPrimitives.ReadUInt32LittleEndian(body[28..])), null,
                    () => NewTransaction(2, Ioctl, sessionId, treeId));
                return;
        }
        var transaction = Open(2, command, key, sessionId, treeId, command switch
        {
            Negotiate => DetailsOfNegotiate(body),
            SessionSetup when body.Length >= 16 => new SessionSetupDetails { Ntlm = NtlmMessage.Find(header.Slice(U16(body, 12), U16(body, 14))) },
            TreeConnect when body.Length >= 8 => new TreeConnectDetails(2, SmbText.Narrow(header.Slice(U16(body, 4), U16(body, 6)))),
            Create when body.Length >= 48 => DetailsOfCreate(header),
            _ => null,
        });
        // Whether a tree is a share or a pipe only the answer tells.
        if (command != TreeConnect) Inspect(transaction, Side.Client);
    }

    private void TakeAnswer2(Smb2Header header)
    {
        if (header.Status == Pending) return;
        var body = header.Body;
        var (command, key) = ((int)header.Command, header.MessageId);
        if (command is ReadCommand or Ioctl && _reads.Remove((2, key), out var read))
        {
            if (!_openFiles.TryGetValue(read.File, out var file)) return;
            var (sessionId, treeId) = (header.SessionId, header.TreeId);
            if (command == Ioctl)
            {
                if (body.Length >= 48)
                    TakePipe(file, Side.Server, header.Slice((int)BinaryPrimitives.ReadUInt32LittleEndian(body[32..]), BinaryPrimitives.ReadUInt32LittleEndian(body[36..])), header.Status, null);
                return;
            }
            if (header.Status == EndOfFile) EndFile(file, header.Status);
            if (header.Status is not (0 or BufferOverflow)) return;
            var direction = _directions[(int)Side.Server];
            (direction.Target, direction.Offset, direction.Status) = (file, read.Offset, header.Status);
            direction.PipeRequest = () => NewTransaction(2, ReadCommand, sessionId, treeId);
            return;
        }
        if (!_open.TryGetValue((2, key), out var transaction) || transaction.Command != command)
        {
            // A client that begins with version 1 may be answered in version 2 (MS-SMB2 §3.3.5.3.1).
            if (command != Negotiate || !TryNegotiation1(out var former)) return;
            (transaction, key) = (_open[(1, former)], former);
        }
        transaction.Status = header.Status;
        // What a session and a tree are called the server says; a client that began with version 1 has had neither.
        if (command is SessionSetup or TreeConnect || transaction.Version == 1) (transaction.SessionId, transaction.TreeId) = (header.SessionId, header.TreeId);
        switch (transaction.Details)
        {
            case NegotiateDetails negotiate when body.Length >= 40 && header.Status == 0:
                Dialect = SmbNames.Dialect(U16(body, 4));
                negotiate.ServerGuid = body.Slice(8, 16).ToArray();
                MaxRead = BinaryPrimitives.ReadUInt32LittleEndian(body[32..]);
                MaxWrite = BinaryPrimitives.ReadUInt32LittleEndian(body[36..]);
                break;
            case TreeConnectDetails tree:
                transaction.TreeId = header.TreeId;
                tree.ShareType = body.Length > 2 ? body[2] : 0;
                tree.IsPipe = tree.ShareType == 2;
                if (header.Status == 0 && _trees.Count < MaxTrees) _trees[header.TreeId] = (tree.Share, tree.IsPipe);
                InspectTree(transaction);
                break;
            case CreateDetails create when body.Length >= 80 && header.Status == 0:
                for (var i = 0; i < 4; i++) create.Times[i] = BinaryPrimitives.ReadInt64LittleEndian(body[(8 + i * 8)..]);
                create.Size = BinaryPrimitives.ReadInt64LittleEndian(body[48..]);
                create.FileId = body.Slice(64, 16).ToArray();
                OpenFile(FileKey(body[64..]), create.FileId, create.Name, transaction.TreeId);
                break;
        }
        Finish(transaction.Version, key, transaction);
    }

    /// <summary>The client has read all of it.</summary>
    private void EndFile(SmbOpenFile file, uint status)
    {
        var transfer = file.Transfers[(int)Side.Server];
        if (transfer is not { File: { } tracked, Transaction: { } transaction }) return;
        transaction.Status = status;
        _files.Close(tracked, FileState.Closed);
        transfer.File = null;
    }

    private bool TryNegotiation1(out ulong key)
    {
        foreach (var ((version, open), transaction) in _open)
        {
            key = open;
            if (version == 1 && transaction.Details is NegotiateDetails) return true;
        }
        key = 0;
        return false;
    }

    /// <summary>It was the client who asked for it.</summary>
    private void InspectTree(SmbTransaction transaction)
    {
        _detector.Scope.Face(Side.Client);
        Inspect(transaction, Side.Client);
        _detector.Scope.Face(Side.Server);
    }

    private SmbTransaction NewTransaction(int version, int command, ulong sessionId, uint treeId) =>
        new(this) { Number = _transactions++, Version = version, Command = command, SessionId = sessionId, TreeId = treeId };

    private NegotiateDetails DetailsOfNegotiate(ReadOnlySpan<byte> body)
    {
        var details = new NegotiateDetails(this);
        if (body.Length < 36) return details;
        details.ClientGuid = body.Slice(12, 16).ToArray();
        var count = Math.Min((int)U16(body, 2), (body.Length - 36) / 2);
        for (var i = 0; i < Math.Min(count, 64); i++) details.Dialects.Add(SmbNames.Dialect(U16(body, 36 + i * 2)));
        return details;
    }

    private static CreateDetails DetailsOfCreate(Smb2Header header)
    {
        const uint directory = 1, deleteOnClose = 0x1000;
        var body = header.Body;
        var options = BinaryPrimitives.ReadUInt32LittleEndian(body[40..]);
        return new(SmbText.Narrow(header.Slice(U16(body, 44), U16(body, 46))), BinaryPrimitives.ReadUInt32LittleEndian(body[36..]), (options & directory) != 0, (options & deleteOnClose) != 0);
    }

    private SmbDetails? DetailsOfSetInfo(Smb2Header header)
    {
        const int ofFile = 1, rename = 10, disposition = 13;
        var body = header.Body;
        if (body.Length < 32 || body[2] != ofFile) return null;
        var info = header.Slice(U16(body, 8), BinaryPrimitives.ReadUInt32LittleEndian(body[4..]));
        var id = body.Slice(16, 16).ToArray();
        var name = _openFiles.GetValueOrDefault(FileKey(id))?.Name ?? SmbOpenFile.Unknown;
        if (body[3] == disposition) return info.IsEmpty ? null : new DispositionDetails(name, deletesOnClose: info[0] != 0, id);
        if (body[3] != rename || info.Length < 20) return null;
        var length = (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(info[16..]), info.Length - 20);
        return new RenameDetails(2, name, SmbText.Narrow(info.Slice(20, length)), id);
    }

    private static UInt128 FileKey(ReadOnlySpan<byte> id) => BinaryPrimitives.ReadUInt128LittleEndian(id);

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
}
