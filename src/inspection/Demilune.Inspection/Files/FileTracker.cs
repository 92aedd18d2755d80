using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Inspection.Reassembly;
using Demilune.Inspection.Sessions;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;

namespace Demilune.Inspection.Files;

/// <summary>The files of one session: lets signatures see each as it comes, has those kept that a rule wants kept, and tells of each when it is over.</summary>
internal sealed class FileTracker(InspectorOptions options, SegmentPool pool, Detector detector)
{
    private readonly Stack<TrackedFile> _spare = new();
    private RuleSet _rules = RuleSet.Empty;

    public void Begin(RuleSet rules) => _rules = rules;

    /// <summary>A file begins.</summary>
    /// <param name="from">Who sends it.</param>
    /// <param name="name">As its sender calls it; may be empty.</param>
    /// <param name="message">The other buffers of what carries it.</param>
    /// <param name="pending">Signatures of the transaction.</param>
    /// <param name="transaction">What carries it.</param>
    /// <param name="shared">The same bytes already have a window, which the owner feeds; null: the file has its own.</param>
    public TrackedFile Open(
        Side from, ReadOnlySpan<byte> name, IMessageBuffers? message, PendingSignatures pending, ITransaction transaction, InspectionWindow? shared = null)
    {
        var file = _spare.TryPop(out var spare) ? spare : new(options, pool);
        file.Open(from, name, message, pending, transaction, shared);
        var direction = from.Direction();
        var keeps = options.Files.Keep && (options.Files.KeepAll || _rules.StoresFiles);
        file.Hashes.Begin(
            options.Files.Md5 || _rules.Inspects(BufferId.FileMd5, direction),
            options.Files.Sha1 || _rules.Inspects(BufferId.FileSha1, direction),
            options.Files.Sha256 || keeps || _rules.Inspects(BufferId.FileSha256, direction));
        file.TellsMagic = options.Files.Magic || _rules.Inspects(BufferId.FileMagic, FlowDirections.ToServer) || _rules.Inspects(BufferId.FileMagic, FlowDirections.ToClient);
        if (keeps) file.StoreId = detector.Scope.NextFile();
        file.IsWanted = options.Files.KeepAll || detector.Scope.Flow is { } flow && (flow.WantedFiles & direction) != 0;
        if (options.Streams is not null && detector.Scope.Flow is { } observed) (observed.OpenFiles ??= []).Add(file);
        detector.Reopen(pending);
        if (!name.IsEmpty) detector.Offer(BufferId.FileName, name);
        detector.Offer(BufferId.FileSize, default);
        detector.Keep(pending, long.MaxValue);
        return file;
    }

    /// <summary>The next bytes of a file that has a window of its own: signatures are tried.</summary>
    public void Append(TrackedFile file, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || !file.IsOpen) return;
        var start = file.IsDeferred ? 0 : file.Size;
        Take(file, bytes);
        if (file.IsCut || !_rules.InspectsFiles(file.From.Direction())) return;
        file.Window.Begin(bytes);
        file.Window.View(bytes);
        Evaluate(file, start);
        file.Window.End(bytes);
    }

    /// <summary>The next bytes of a file whose window another feeds, who also tries the signatures.</summary>
    public void Take(TrackedFile file, ReadOnlySpan<byte> bytes)
    {
        if (options.Files.Depth > 0 && file.Size + bytes.Length > options.Files.Depth) file.IsCut = true;
        if (file.IsCut) return;
        var wasHeadComplete = file.IsHeadComplete;
        var start = file.Size;
        file.Take(bytes);
        if (file.StoreId != 0) detector.Scope.Events.FileContent(new(file.StoreId, start, bytes));
        detector.Offer(BufferId.FileData, ref file.Tail, bytes);
        if (file.IsHeadComplete && !wasHeadComplete) OfferMagic(file);
        detector.Keep(file.Pending, file.IsDeferred ? long.MaxValue : file.Size + InspectionWindow.Overlap);
    }

    /// <summary>A file is over: signatures are tried for the last time, and it is told of. It must not be used any more.</summary>
    public void Close(TrackedFile file, FileState state)
    {
        if (!file.IsOpen) return;
        var wasHeadComplete = file.IsHeadComplete;
        file.Close(file.IsCut ? FileState.Truncated : state);
        if (!wasHeadComplete) OfferMagic(file);
        OfferHash(BufferId.FileMd5, file.Hashes.Md5);
        OfferHash(BufferId.FileSha1, file.Hashes.Sha1);
        OfferHash(BufferId.FileSha256, file.Hashes.Sha256);
        detector.Offer(BufferId.FileSize, default);
        detector.Keep(file.Pending, long.MaxValue);
        if (_rules.InspectsFiles(file.From.Direction())) Evaluate(file, 0);
        Tell(file);
        Forget(file);

        void OfferHash(BufferId id, ReadOnlySpan<byte> hash)
        {
            if (!hash.IsEmpty) detector.Offer(id, hash);
        }
    }

    /// <summary>Its connection is gone, and nobody wants to hear of it.</summary>
    public void Forget(TrackedFile file)
    {
        if (file.StoreId != 0 && file.IsOpen) detector.Scope.Events.FileContent(new(file.StoreId, -1, default));
        if (options.Streams is not null) detector.Scope.Flow?.OpenFiles?.Remove(file);
        file.Clear();
        _spare.Push(file);
    }

    private void OfferMagic(TrackedFile file)
    {
        if (_rules.Inspects(BufferId.FileMagic, file.From.Direction())) detector.Offer(BufferId.FileMagic, file.Magic());
    }

    private void Evaluate(TrackedFile file, long position) =>
        detector.Evaluate(file.Pending, new DetectionBuffers { Message = file.Message, File = file }, position, file.Transaction);

    private void Tell(TrackedFile file)
    {
        if (!options.LogTransactions && file.StoreId == 0) return;
        if (detector.TryQueue(file, options.LogTransactions)) return;
        var scope = detector.Scope;
        var from = scope.From;
        scope.Face(file.From);
        var context = scope.Context();
        var transaction = file.Transaction;
        scope.Events.File(new(in context, file.Fields())
        {
            Http = transaction.Http, RecordType = transaction.RecordType, Record = transaction.Record, IsTold = options.LogTransactions,
        });
        scope.Face(from);
    }
}
