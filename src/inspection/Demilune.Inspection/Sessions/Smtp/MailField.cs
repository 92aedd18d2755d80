namespace Demilune.Inspection;

/// <summary>A field of a mail's head that records of SMTP may tell, beside those that they always do.</summary>
/// <param name="Name">EVE's name of it; configurations may also write the field's own.</param>
/// <param name="Field">Its own, in lower case.</param>
/// <param name="Form">How it is told.</param>
/// <param name="IsExtended">Among those of Suricata's <c>extended</c>.</param>
public sealed record MailField(string Name, string Field, MailFieldForm Form = MailFieldForm.Text, bool IsExtended = false)
{
    /// <summary>All that EVE has.</summary>
    public static IReadOnlyList<MailField> All { get; } =
    [
        new("reply_to", "reply-to"), new("bcc", "bcc", MailFieldForm.Addresses, IsExtended: true), new("message_id", "message-id", IsExtended: true),
        new("subject", "subject", IsExtended: true), new("x_mailer", "x-mailer", IsExtended: true), new("user_agent", "user-agent", IsExtended: true),
        new("received", "received", MailFieldForm.Each), new("x_originating_ip", "x-originating-ip"), new("in_reply_to", "in-reply-to"),
        new("references", "references"), new("importance", "importance"), new("priority", "priority"), new("sensitivity", "sensitivity"),
        new("organization", "organization"), new("content_md5", "content-md5"), new("date", "date"),
    ];
}

/// <summary>How a field is told.</summary>
public enum MailFieldForm : byte
{
    /// <summary>The first of its name.</summary>
    Text,

    /// <summary>A list: what commas part in the first.</summary>
    Addresses,

    /// <summary>A list of all of that name.</summary>
    Each,
}
