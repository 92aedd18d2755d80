using System.Text;
using Demilune.Inspection.Events;
using Demilune.Inspection.Files;
using Demilune.Wire.Mime;

namespace Demilune.Inspection.Sessions.Http;

/// <summary>The body of a request that is a form (RFC 7578): each part that has a file name is a file.</summary>
internal sealed class HttpForm(FileTracker files) : IMimeEvents
{
    /// <summary>Null until the first form: it keeps 9 KB, and most connections have none.</summary>
    private MimeParser? _parser;
    private HttpTransaction? _transaction;
    private TrackedFile? _file;

    public bool IsActive => _transaction is not null;

    /// <summary>Whether the body that follows is a form.</summary>
    /// <param name="contentType">The field's value.</param>
    /// <param name="transaction">Whose request it is.</param>
    public bool TryBegin(ReadOnlySpan<byte> contentType, HttpTransaction transaction)
    {
        const int maxBoundary = 254;
        var type = contentType.TrimStart(" \t"u8);
        if (type.Length < 10 || !Ascii.EqualsIgnoreCase(type[..10], "multipart/"u8)) return false;
        Span<byte> boundary = stackalloc byte[maxBoundary];
        if (!MimeParameter.TryGet(contentType, "boundary"u8, boundary, out var length, out _) || length == 0) return false;
        (_parser ??= new()).BeginMultipart(boundary[..length]);
        _transaction = transaction;
        return true;
    }

    public void Feed(ReadOnlySpan<byte> bytes) => _parser!.Feed(bytes, this);

    public void End(bool isComplete)
    {
        if (_transaction is null) return;
        _parser!.End(isComplete, this);
        _transaction = null;
    }

    /// <summary>The connection is gone.</summary>
    public void Clear()
    {
        if (_file is not null) files.Forget(_file);
        (_file, _transaction) = (null, null);
    }

    void IMimeEvents.Begin(MimeHead head, int depth)
    {
        Span<byte> name = stackalloc byte[TrackedFile.MaxName];
        if (!MimeParameter.TryGet(head.Value("content-disposition"u8), "filename"u8, name, out var length, out _) || _transaction is not { } transaction) return;
        _file = files.Open(Side.Client, name[..length], transaction.Request, transaction.Request.Pending, transaction);
    }

    void IMimeEvents.Content(ReadOnlySpan<byte> bytes)
    {
        if (_file is not null) files.Append(_file, bytes);
    }

    void IMimeEvents.End(bool isComplete)
    {
        if (_file is not null) files.Close(_file, isComplete ? FileState.Closed : FileState.Truncated);
        _file = null;
    }

    void IMimeEvents.Anomaly(MimeAnomaly anomaly)
    {
    }
}
