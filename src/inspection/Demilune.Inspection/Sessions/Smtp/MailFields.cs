using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Demilune.Inspection.Events.Eve;
using Demilune.Wire.Mime;

namespace Demilune.Inspection.Sessions.Smtp;

/// <summary>What EVE's <c>email</c> object tells of a mail.</summary>
internal sealed class MailFields
{
    /// <summary>Attachments that are named.</summary>
    private const int MaxAttachments = 128;

    private readonly List<byte[]> _attachments = [];
    private readonly List<(MailField Field, byte[][] Values)> _told = [];
    private byte[]? _from, _to, _copy, _subjectHash;

    public UrlFinder Urls { get; } = new();

    public bool HasBegun { get; private set; }
    public MailStatus Status { get; set; }

    public void Begin() => (HasBegun, Status) = (true, MailStatus.HeaderStarted);

    public void Clear()
    {
        (HasBegun, Status, _from, _to, _copy, _subjectHash) = (false, MailStatus.None, null, null, null, null);
        _told.Clear();
        _attachments.Clear();
        Urls.Clear();
    }

    /// <summary>The mail's own head, not that of a part.</summary>
    [SuppressMessage("Security", "CA5351", Justification = "EVE's field is an MD5; nothing is kept secret or signed with it.")]
    public void Take(MimeHead head, MailOptions options)
    {
        for (var i = 0; i < head.Count; i++)
        {
            if (Ascii.EqualsIgnoreCase(head.Name(i), "from"u8)) _from ??= head.Value(i).ToArray();
            else if (Ascii.EqualsIgnoreCase(head.Name(i), "to"u8)) _to ??= head.Value(i).ToArray();
            else if (Ascii.EqualsIgnoreCase(head.Name(i), "cc"u8)) _copy ??= head.Value(i).ToArray();
        }
        foreach (var field in options.Told)
            if (ValuesOf(head, field) is { Length: > 0 } values) _told.Add((field, values));
        if (options.TellsSubjectHash && head.Value("subject"u8) is { IsEmpty: false } subject) _subjectHash = MD5.HashData(subject);
    }

    public void Attach(ReadOnlySpan<byte> name)
    {
        if (_attachments.Count < MaxAttachments) _attachments.Add(name.ToArray());
    }

    public void Write(Utf8JsonWriter json, EveText text)
    {
        json.WriteString("status"u8, Status switch
        {
            MailStatus.HeaderStarted => "HEADER_STARTED"u8,
            MailStatus.HeaderDone => "HEADER_DONE"u8,
            MailStatus.BodyStarted => "BODY_STARTED"u8,
            MailStatus.BodyDone => "BODY_DONE"u8,
            MailStatus.Done => "PARSE_DONE"u8,
            MailStatus.Failed => "PARSE_ERROR"u8,
            _ => "PARSE_NONE"u8,
        });
        if (_from is not null) json.WriteString("from"u8, text.Of(_from));
        WriteList(json, text, "to"u8, _to);
        WriteList(json, text, "cc"u8, _copy);
        WriteTold(json, text);
        if (_attachments.Count > 0)
        {
            json.WriteStartArray("attachment"u8);
            foreach (var name in _attachments) json.WriteStringValue(text.Of(name));
            json.WriteEndArray();
        }
        if (Urls.Urls.Count == 0) return;
        json.WriteStartArray("url"u8);
        foreach (var url in Urls.Urls) json.WriteStringValue(url);
        json.WriteEndArray();
        json.WriteBoolean("has_ipv6_url"u8, Urls.Urls.Any(static url => url.AsSpan().Contains("//[", StringComparison.Ordinal)));
        json.WriteBoolean("has_ipv4_url"u8, Urls.Urls.Any(static url => HasAddress(url)));
        json.WriteBoolean("has_exe_url"u8, Urls.Urls.Any(static url => url.EndsWith(".exe", StringComparison.OrdinalIgnoreCase)));
    }

    private static byte[][] ValuesOf(MimeHead head, MailField field)
    {
        var name = Encoding.ASCII.GetBytes(field.Field);
        var values = new List<byte[]>();
        for (var i = 0; i < head.Count && (values.Count == 0 || field.Form == MailFieldForm.Each); i++)
            if (Ascii.EqualsIgnoreCase(head.Name(i), name)) values.Add(head.Value(i).ToArray());
        return [.. values];
    }

    private void WriteTold(Utf8JsonWriter json, EveText text)
    {
        foreach (var (field, values) in _told)
        {
            switch (field.Form)
            {
                case MailFieldForm.Text:
                    json.WriteString(field.Name, text.Of(values[0]));
                    break;
                case MailFieldForm.Addresses:
                    WriteList(json, text, Encoding.ASCII.GetBytes(field.Name), values[0]);
                    break;
                case MailFieldForm.Each:
                    json.WriteStartArray(field.Name);
                    foreach (var value in values) json.WriteStringValue(text.Of(value));
                    json.WriteEndArray();
                    break;
            }
        }
        if (_subjectHash is not null) json.WriteString("subject_md5"u8, Convert.ToHexStringLower(_subjectHash));
    }

    /// <summary>It names its host by four numbers.</summary>
    private static bool HasAddress(string url)
    {
        var scheme = url.IndexOf("//", StringComparison.Ordinal);
        var host = url.AsSpan(scheme < 0 ? 0 : scheme + 2);
        var end = host.IndexOfAny('/', ':');
        if (end >= 0) host = host[..end];
        return host.Count('.') == 3 && System.Net.IPAddress.TryParse(host, out _);
    }

    private static void WriteList(Utf8JsonWriter json, EveText text, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty) return;
        json.WriteStartArray(name);
        foreach (var range in value.Split((byte)','))
        {
            var item = value[range].TrimStart(" \t"u8);
            if (!item.IsEmpty) json.WriteStringValue(text.Of(item));
        }
        json.WriteEndArray();
    }
}

/// <summary>How far the reading of a mail is (EVE's <c>email.status</c>).</summary>
internal enum MailStatus : byte { None, HeaderStarted, HeaderDone, BodyStarted, BodyDone, Done, Failed }
