using System.Buffers.Binary;
using Demilune.Inspection.Events;
using Demilune.Wire.Smb;

namespace Demilune.Inspection.Sessions.Smb;

internal sealed partial class SmbSession
{
    private const int Close1 = 0x04, Trans1 = 0x25, Trans2 = 0x32, Read1 = 0x2e, Write1 = 0x2f, Negotiate1 = 0x72, Setup1 = 0x73, TreeConnect1 = 0x75, Create1 = 0xa2;

    /// <summary>Commands that may be chained in one message. Real ones chain two.</summary>
    private const int MaxChain = 16;

    private const int Header1Length = 32;

    /// <summary>TransactNmPipe: a write and a read in one.</summary>
    private const int TransactPipe = 0x26;

    private static readonly int[] s_chained = [0x24, 0x2d, Read1, Write1, Setup1, 0x74, TreeConnect1, Create1];

    /// <summary>A command of a message of SMB 1 (MS-CIFS §2.2.3): its words, its bytes, and where those begin in the message.</summary>
    private readonly ref struct Command1(ReadOnlySpan<byte> message, int code, int at)
    {
        public int Code { get; } = code;
        public ReadOnlySpan<byte> Message { get; } = message;
        public ReadOnlySpan<byte> Words { get; } = message.Slice(Math.Min(message.Length, at + 1), at < message.Length ? Math.Min(message[at] * 2, message.Length - at - 1) : 0);

        /// <summary>Behind the words and their own length. That length is not believed: data may reach past it.</summary>
        public ReadOnlySpan<byte> Bytes => Message[Math.Min(Message.Length, at + 1 + Words.Length + 2)..];

        public ushort Word(int index) => index * 2 + 2 <= Words.Length ? U16(Words, index * 2) : (ushort)0;

        public ReadOnlySpan<byte> Slice(int offset, long length) =>
            offset < Header1Length || offset > Message.Length ? default : Message[offset..(int)Math.Min(Message.Length, offset + length)];
    }

    private void Take1(Side from, ReadOnlySpan<byte> message)
    {
        var isAnswer = (message[9] & 0x80) != 0;
        // Not by user and tree: who logs in or opens a tree is given their numbers by the answer.
        var key = (ulong)U16(message, 30) << 32 | U16(message, 26);
        if (isAnswer != (from == Side.Server))
        {
            _detector.Notice(from == Side.Server ? "smb.request_to_client" : "smb.response_to_server");
            return;
        }
        var code = (int)message[4];
        var at = Header1Length;
        SmbTransaction? transaction = null;
        if (isAnswer && _open.TryGetValue((1, key), out transaction)) TakeStatus1(transaction, message);
        for (var i = 0; i < MaxChain; i++)
        {
            var command = new Command1(message, code, at);
            if (isAnswer) TakeAnswer1(command, key, transaction);
            else transaction = TakeRequest1(command, key, transaction);
            if (!s_chained.Contains(code) || command.Words.Length < 4 || command.Words[0] == 0xff) break;
            var next = U16(command.Words, 2);
            if (next <= at) break;      // backwards it would never end
            (code, at) = (command.Words[0], next);
        }
        if (isAnswer && transaction is not null) Finish(1, key, transaction);
    }

    private static void TakeStatus1(SmbTransaction transaction, ReadOnlySpan<byte> message)
    {
        var isNt = (U16(message, 10) & 0x4000) != 0;
        if (isNt) transaction.Status = BinaryPrimitives.ReadUInt32LittleEndian(message[5..]);
        else transaction.DosError = (message[5], U16(message, 7));
    }

    private SmbTransaction? TakeRequest1(Command1 command, ulong key, SmbTransaction? first)
    {
        var message = command.Message;
        var (treeId, userId) = (U16(message, 24), U16(message, 28));
        var isWide = (U16(message, 10) & 0x8000) != 0;
        switch (command.Code)
        {
            case Write1 when command.Words.Length >= 24:
                TakeWrite1(command, treeId);
                return first;
            case Read1 when command.Words.Length >= 10:
                if (_reads.Count < MaxOpen) _reads[(1, key)] = (command.Word(2), BinaryPrimitives.ReadUInt32LittleEndian(command.Words[6..]));
                return first;
            case Close1 when command.Words.Length >= 2:
                if (_openFiles.Remove(command.Word(0), out var closed)) CloseFile(closed, FileState.Closed);
                break;
            case Trans1 when command.Words.Length >= 32 && command.Word(14) == TransactPipe:
                if (FindFile(command.Word(15), command.Words.Slice(30, 2), treeId) is not { } pipe) return first;
                if (_reads.Count < MaxOpen) _reads[(1, key)] = (command.Word(15), 0);
                TakePipe(pipe, Side.Client, command.Slice(command.Word(12), command.Word(11)), null, () => NewTransaction(1, Trans1, userId, treeId));
                return first;
        }
        if (command.Code is Trans1 or Trans2 || (first is not null && command.Code is not (TreeConnect1 or Create1))) return first;
        SmbDetails? details = command.Code switch
        {
            Negotiate1 => DetailsOfNegotiate1(command),
            Setup1 => DetailsOfSetup1(command, isWide),
            TreeConnect1 => DetailsOfTree1(command, isWide),
            Create1 when command.Words.Length >= 48 => DetailsOfCreate1(command, isWide),
            _ => null,
        };
        if (command.Code is Negotiate1 or Setup1) treeId = 0;
        if (command.Code == Negotiate1) userId = 0;
        var transaction = first is { Details: null } ? first : Open(1, command.Code, first is null ? key : key | 1UL << 60, userId, treeId, details);
        transaction.Details ??= details;
        if (command.Code != TreeConnect1) Inspect(transaction, Side.Client);
        return first ?? transaction;
    }

    private void TakeAnswer1(Command1 command, ulong key, SmbTransaction? transaction)
    {
        var message = command.Message;
        var (treeId, userId) = (U16(message, 24), U16(message, 28));
        var isWide = (U16(message, 10) & 0x8000) != 0;
        if (command.Code is Read1 or Trans1 && _reads.Remove((1, key), out var read))
        {
            if (!_openFiles.TryGetValue(read.File, out var file) && FindFile(read.File, [(byte)read.File, (byte)(read.File >> 8)], treeId) is { } unknown) file = unknown;
            if (file is null) return;
            var status = BinaryPrimitives.ReadUInt32LittleEndian(message[5..]);
            if (command.Code == Trans1 && command.Words.Length >= 16) TakePipe(file, Side.Server, command.Slice(command.Word(7), command.Word(6)), status, null);
            else if (command.Words.Length >= 24)
                TakeData(file, Side.Server, read.Offset, command.Slice(command.Word(6), command.Word(5) | (long)command.Word(7) << 16), status, () => NewTransaction(1, Read1, 0, 0));
            return;
        }
        if (transaction is null && !(command.Code is TreeConnect1 or Create1)) return;
        if (command.Code is TreeConnect1 or Create1 && _open.Remove((1, key | 1UL << 60), out var chained))
        {
            TakeStatus1(chained, message);
            Complete1(command, chained, treeId, isWide);
            Tell(chained);
            return;
        }
        if (transaction is not null) Complete1(command, transaction, treeId, isWide);
    }

    private void Complete1(Command1 command, SmbTransaction transaction, ushort treeId, bool isWide)
    {
        switch (transaction.Details)
        {
            case NegotiateDetails negotiate when command.Code == Negotiate1 && command.Words.Length >= 2:
                if (command.Word(0) < negotiate.Dialects.Count) Dialect = negotiate.Dialects[command.Word(0)];
                if (command.Bytes.Length >= 16) negotiate.ServerGuid = command.Bytes[..16].ToArray();
                break;
            case SessionSetupDetails setup when command.Code == Setup1:
                (transaction.SessionId, transaction.TreeId) = (U16(command.Message, 28), treeId);
                var bytes = command.Bytes;
                if (command.Words.Length >= 8) bytes = bytes[Math.Min(bytes.Length, command.Word(3))..];
                setup.Server = TakeHost(command, bytes, isWide);
                break;
            case TreeConnectDetails tree when command.Code == TreeConnect1:
                transaction.TreeId = treeId;
                var service = command.Bytes;
                tree.Service = SmbText.Take(ref service, isWide: false);
                tree.IsPipe = tree.Service.AsSpan().SequenceEqual("IPC"u8);
                if (_trees.Count < MaxTrees) _trees[treeId] = (tree.Share, tree.IsPipe);
                InspectTree(transaction);
                break;
            case CreateDetails create when command.Code == Create1 && command.Words.Length >= 68:
                create.FileId = command.Words.Slice(5, 2).ToArray();
                for (var i = 0; i < 4; i++) create.Times[i] = BinaryPrimitives.ReadInt64LittleEndian(command.Words[(11 + i * 8)..]);
                create.Size = BinaryPrimitives.ReadInt64LittleEndian(command.Words[55..]);
                OpenFile(U16(command.Words, 5), create.FileId, create.Name, treeId);
                break;
        }
    }

    /// <summary>Files of this version Suricata tells of without user and tree.</summary>
    private void TakeWrite1(Command1 command, ushort treeId)
    {
        if (FindFile(command.Word(2), command.Words.Slice(4, 2), treeId) is not { } file) return;
        long offset = BinaryPrimitives.ReadUInt32LittleEndian(command.Words[6..]);
        if (command.Words.Length >= 28) offset |= (long)BinaryPrimitives.ReadUInt32LittleEndian(command.Words[24..]) << 32;
        var data = command.Slice(command.Word(11), command.Word(10) | (long)command.Word(9) << 16);
        TakeData(file, Side.Client, offset, data, null, () => NewTransaction(1, Write1, 0, 0));
    }

    private NegotiateDetails DetailsOfNegotiate1(Command1 command)
    {
        var details = new NegotiateDetails(this);
        var bytes = command.Bytes;
        // Each with a 2 before it (MS-CIFS §2.2.4.52.1).
        while (bytes is [2, ..] && details.Dialects.Count < 64)
        {
            bytes = bytes[1..];
            details.Dialects.Add(System.Text.Encoding.Latin1.GetString(SmbText.Take(ref bytes, isWide: false)));
        }
        return details;
    }

    private static SessionSetupDetails DetailsOfSetup1(Command1 command, bool isWide)
    {
        var details = new SessionSetupDetails();
        var bytes = command.Bytes;
        if (command.Words.Length == 24)
        {
            var length = Math.Min(bytes.Length, command.Word(7));
            details.Ntlm = NtlmMessage.Find(bytes[..length]);
            details.Client = TakeHost(command, bytes[length..], isWide);
        }
        else if (command.Words.Length == 26)
        {
            // Without extended security: two passwords, then account and domain before the system's name.
            bytes = bytes[Math.Min(bytes.Length, command.Word(7) + command.Word(8))..];
            Align(command, ref bytes, isWide);
            SmbText.Take(ref bytes, isWide);
            SmbText.Take(ref bytes, isWide);
            details.Client = (SmbText.Take(ref bytes, isWide), SmbText.Take(ref bytes, isWide));
        }
        return details;
    }

    private static (byte[] System, byte[] Manager) TakeHost(Command1 command, ReadOnlySpan<byte> bytes, bool isWide)
    {
        Align(command, ref bytes, isWide);
        return (SmbText.Take(ref bytes, isWide), SmbText.Take(ref bytes, isWide));
    }

    private static TreeConnectDetails DetailsOfTree1(Command1 command, bool isWide)
    {
        var bytes = command.Bytes;
        bytes = bytes[Math.Min(bytes.Length, command.Word(3))..];
        Align(command, ref bytes, isWide);
        var share = SmbText.Take(ref bytes, isWide);
        // Suricata has the names of this version without their first stroke, and rules are written for what it shows.
        if (share.Length > 1) share = share[1..];
        return new(1, share) { RequestedService = SmbText.Take(ref bytes, isWide: false) };
    }

    private static CreateDetails DetailsOfCreate1(Command1 command, bool isWide)
    {
        const uint directory = 1, deleteOnClose = 0x1000;
        var bytes = command.Bytes;
        Align(command, ref bytes, isWide);
        var name = bytes[..Math.Min(bytes.Length, U16(command.Words, 5))];
        var options = BinaryPrimitives.ReadUInt32LittleEndian(command.Words[39..]);
        return new(SmbText.Narrow(name), BinaryPrimitives.ReadUInt32LittleEndian(command.Words[35..]), (options & directory) != 0, (options & deleteOnClose) != 0);
    }

    /// <summary>UTF-16 begins at an even distance from the header.</summary>
    private static void Align(Command1 command, ref ReadOnlySpan<byte> bytes, bool isWide)
    {
        if (isWide && (command.Message.Length - bytes.Length) % 2 != 0 && !bytes.IsEmpty) bytes = bytes[1..];
    }
}
