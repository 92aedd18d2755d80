using System.Text;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Inspection.Files;
using Demilune.Wire.Mime;

namespace Demilune.Inspection.Sessions.Smtp;

/// <summary>The content of a mail: attachments are files, text is looked through for addresses.</summary>
internal sealed class MailReader(InspectorOptions options, FileTracker files, Detector detector) : IMimeEvents
{
    /// <summary>Bytes of an attachment's name, as Suricata cuts it.</summary>
    private const int MaxName = 255;

    private readonly MimeParser _parser = new();
    private SmtpTransaction? _transaction;
    private TrackedFile? _file;
    private bool _isText;

    /// <summary>A mail is being read.</summary>
    public bool IsActive => _transaction is not null;

    public void Begin(SmtpTransaction transaction)
    {
        _transaction = transaction;
        transaction.Mail.Begin();
        if (options.Mail.RawExtraction) _file = OpenFile("rawmsg"u8, transaction);
        else _parser.Begin();
    }

    public void Feed(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || _transaction is null) return;
        if (options.Mail.RawExtraction) files.Append(_file!, bytes);
        else _parser.Feed(bytes, this);
    }

    public void End(bool isComplete)
    {
        if (_transaction is not { } transaction) return;
        if (options.Mail.RawExtraction) CloseFile(isComplete);
        else _parser.End(isComplete, this);
        transaction.Mail.Status = isComplete ? MailStatus.Done : transaction.Mail.Status;
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
        if (_transaction is not { } transaction) return;
        if (depth == 0) transaction.Mail.Take(head, options.Mail);
        transaction.Mail.Status = MailStatus.HeaderDone;
        Span<byte> name = stackalloc byte[MaxName];
        var isAttachment = MimeParameter.TryGet(head.Value("content-disposition"u8), "filename"u8, name, out var length, out var isCut)
            || MimeParameter.TryGet(head.Value("content-type"u8), "name"u8, name, out length, out isCut);
        var type = head.ContentType;
        _isText = !isAttachment && (type.IsEmpty || Ascii.EqualsIgnoreCase(type, "text/plain"u8) || Ascii.EqualsIgnoreCase(type, "text/html"u8));
        if (!isAttachment) return;
        if (isCut) ((IMimeEvents)this).Anomaly(MimeAnomaly.LongFileName);
        transaction.Mail.Attach(name[..length]);
        _file = OpenFile(name[..length], transaction);
    }

    void IMimeEvents.Content(ReadOnlySpan<byte> bytes)
    {
        if (_transaction is not { } transaction) return;
        transaction.Mail.Status = MailStatus.BodyStarted;
        if (_file is not null) files.Append(_file, bytes);
        else if (_isText && options.Mail.UrlSchemes.Count > 0) transaction.Mail.Urls.Feed(bytes, options.Mail.UrlSchemes, options.Mail.KeepsUrlScheme);
    }

    void IMimeEvents.End(bool isComplete)
    {
        if (_transaction is not { } transaction) return;
        transaction.Mail.Status = MailStatus.BodyDone;
        if (_isText && options.Mail.UrlSchemes.Count > 0) transaction.Mail.Urls.EndLine(options.Mail.UrlSchemes, options.Mail.KeepsUrlScheme);
        CloseFile(isComplete);
    }

    void IMimeEvents.Anomaly(MimeAnomaly anomaly) =>
        detector.Notice(SmtpProtocol.NameOf(anomaly), _transaction, _transaction, _transaction?.Pending);

    private TrackedFile OpenFile(ReadOnlySpan<byte> name, SmtpTransaction transaction)
    {
        var file = files.Open(Side.Client, name, transaction, transaction.Pending, transaction);
        if (options.Streams is not null) file.InspectedFrom = options.Mail.InspectedFrom;
        return file;
    }

    private void CloseFile(bool isComplete)
    {
        if (_file is not null) files.Close(_file, isComplete ? FileState.Closed : FileState.Truncated);
        _file = null;
    }
}
