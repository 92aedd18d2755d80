using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Inspection.Reassembly;
using Demilune.Inspection.Sessions;
using Demilune.Rules.Buffers;
using Demilune.Rules.Prefilters;
using Demilune.Wire.Files;

namespace Demilune.Inspection.Files;

/// <summary>One file in transit: what is known of it so far. Whoever parses the protocol opens it, feeds it and closes it by a <see cref="FileTracker"/>.</summary>
internal sealed class TrackedFile(InspectorOptions options, SegmentPool pool)
{
    /// <summary>Bytes of a name that are kept: longer than any file system takes (255) and than a path that one would show.</summary>
    public const int MaxName = 1024;

    /// <summary>Signatures that are named as those that wanted it stored.</summary>
    private const int MaxSigs = 16;

    private readonly InspectionWindow _own = new(options.Files.Window, pool);
    private readonly FileHashes _hashes = new();
    private readonly byte[] _name = new byte[MaxName];
    private readonly byte[] _head = new byte[FileType.HeadLength];
    private readonly uint[] _signatures = new uint[MaxSigs];
    private int _nameLength;
    private int _headLength;
    private int _signatureCount;
    private InspectionWindow? _shared;
    private byte[]? _magic;

    /// <summary>What <c>file.data</c> has before the piece at hand, for the prefilter.</summary>
    public StreamTail Tail;

    public Side From { get; private set; }

    /// <summary>Whose transaction carries it, and what is pending there.</summary>
    public IMessageBuffers? Message { get; private set; }
    public PendingSignatures Pending { get; private set; } = null!;
    public ITransaction Transaction { get; private set; } = null!;

    /// <summary>Bytes seen, after decoding.</summary>
    public long Size { get; private set; }
    public FileState State { get; private set; }
    public bool HasGaps { get; private set; }

    /// <summary>A rule wants it to be kept, or the configuration wants all.</summary>
    public bool IsWanted { get; set; }

    /// <summary>From 1 on, unique in an inspector; 0 while none of its bytes were handed out to be kept.</summary>
    public long StoreId { get; set; }

    /// <summary>Of a part of a larger file (a range of HTTP): where it begins and ends there; end 0: it is no part.</summary>
    public (long Start, long End) Range { get; set; }

    /// <summary>It is longer than is looked at.</summary>
    public bool IsCut { get; set; }

    /// <summary>Somebody wants to hear its type.</summary>
    public bool TellsMagic { get; set; }

    /// <summary>Its content is looked at when so many bytes of it are there, or when it is over; 0: as it comes.</summary>
    public long InspectedFrom { get; set; }

    /// <summary>Rules do not see its content yet.</summary>
    public bool IsDeferred => IsOpen && Size < InspectedFrom;

    public bool IsOpen => State == FileState.Open;

    public ReadOnlySpan<byte> Name => _name.AsSpan(0, _nameLength);

    public InspectionWindow Window => _shared ?? _own;

    public bool OwnsWindow => _shared is null;

    /// <summary>True when the first bytes are all there, so that its type is certain.</summary>
    public bool IsHeadComplete => _headLength == _head.Length || !IsOpen;

    public FileHashes Hashes => _hashes;

    /// <summary>Signatures that wanted it kept.</summary>
    public ReadOnlySpan<uint> Signatures => _signatures.AsSpan(0, _signatureCount);

    public void Open(Side from, ReadOnlySpan<byte> name, IMessageBuffers? message, PendingSignatures pending, ITransaction transaction, InspectionWindow? shared)
    {
        (From, Message, Pending, Transaction, _shared) = (from, message, pending, transaction, shared);
        (Size, State, HasGaps, IsWanted, StoreId, Range, IsCut, InspectedFrom) = (0, FileState.Open, false, false, 0, default, false, 0);
        (_headLength, _signatureCount, _magic, Tail) = (0, 0, null, default);
        Rename(name);
    }

    /// <summary>Its name became known only after its first bytes.</summary>
    public void Rename(ReadOnlySpan<byte> name)
    {
        _nameLength = Math.Min(name.Length, MaxName);
        name[.._nameLength].CopyTo(_name);
    }

    public void Take(ReadOnlySpan<byte> bytes)
    {
        Size += bytes.Length;
        _hashes.Append(bytes);
        var head = Math.Min(bytes.Length, _head.Length - _headLength);
        bytes[..head].CopyTo(_head.AsSpan(_headLength));
        _headLength += head;
    }

    /// <summary>Bytes of it are missing.</summary>
    public void Skip(long length)
    {
        Size += length;
        HasGaps = true;
        Tail = default;
    }

    public void Close(FileState state)
    {
        State = HasGaps && state == FileState.Closed ? FileState.Truncated : state;
        _hashes.Finish(isComplete: State == FileState.Closed);
        if (OwnsWindow) _own.IsComplete = true;
    }

    /// <summary>Gives everything back.</summary>
    public void Clear()
    {
        _own.Clear();
        _hashes.Clear();
        (_shared, Message, State) = (null, null, FileState.Closed);
    }

    /// <summary>A signature wants it kept.</summary>
    public void Want(uint sid)
    {
        IsWanted = true;
        if (_signatureCount < MaxSigs) _signatures[_signatureCount++] = sid;
    }

    /// <summary>Its type, as far as the bytes at hand tell.</summary>
    public ReadOnlySpan<byte> Magic()
    {
        if (_magic is not null) return _magic;
        var magic = System.Text.Encoding.ASCII.GetBytes(FileType.Of(_head.AsSpan(0, _headLength)));
        if (IsHeadComplete) _magic = magic;
        return magic;
    }

    /// <summary>As events tell it.</summary>
    public FileFields Fields() => new()
    {
        Transaction = Transaction.Number,
        Name = Name,
        Magic = TellsMagic && _headLength > 0 ? Magic() : default,
        State = State,
        HasGaps = HasGaps,
        Md5 = _hashes.Md5,
        Sha1 = _hashes.Sha1,
        Sha256 = _hashes.Sha256,
        Size = Size,
        Range = Range,
        StoreId = StoreId,
        IsWanted = IsWanted && StoreId != 0,
        Signatures = Signatures,
    };

    /// <param name="id">Any of the file buffers.</param>
    /// <param name="instance">There is one file at a time.</param>
    /// <param name="piece">What <see cref="Window"/> was begun with, or empty.</param>
    /// <param name="view">What is known.</param>
    public bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view)
    {
        view = default;
        if (instance > 0) return false;
        switch (id)
        {
            case BufferId.FileData:
                if (IsDeferred) return false;
                view = Window.View(OwnsWindow ? default : piece);
                return Window.Total > 0;
            case BufferId.FileName:
                view = new(Name);
                return _nameLength > 0;
            case BufferId.FileMagic:
                if (_headLength == 0 || !IsHeadComplete) return false;
                view = new(Magic());
                return true;
            case BufferId.FileSize:
                view = new(default, Size, State == FileState.Closed);
                return true;
            case BufferId.FileMd5: return Of(_hashes.Md5, out view);
            case BufferId.FileSha1: return Of(_hashes.Sha1, out view);
            case BufferId.FileSha256: return Of(_hashes.Sha256, out view);
            default: return false;
        }
    }

    private static bool Of(ReadOnlySpan<byte> hash, out BufferView view)
    {
        view = new(hash);
        return !hash.IsEmpty;
    }
}
