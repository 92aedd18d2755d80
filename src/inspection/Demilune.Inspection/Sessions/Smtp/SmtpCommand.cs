using System.Text;

namespace Demilune.Inspection.Sessions.Smtp;

/// <summary>What a client asks, as far as the answer to it matters.</summary>
internal enum SmtpCommand : byte
{
    Other,
    Hello,
    MailFrom,
    RcptTo,
    Data,
    Bdat,
    Reset,
    Quit,
    StartTls,

    /// <summary>No command: the end of a message, which is answered too.</summary>
    EndOfData,
}

internal static class SmtpCommands
{
    public static SmtpCommand Of(ReadOnlySpan<byte> line) =>
        Is(line, "helo"u8) || Is(line, "ehlo"u8) ? SmtpCommand.Hello
        : Is(line, "mail from"u8) ? SmtpCommand.MailFrom
        : Is(line, "rcpt to"u8) ? SmtpCommand.RcptTo
        : Is(line, "data"u8) ? SmtpCommand.Data
        : Is(line, "bdat"u8) ? SmtpCommand.Bdat
        : Is(line, "rset"u8) ? SmtpCommand.Reset
        : Is(line, "quit"u8) ? SmtpCommand.Quit
        : Is(line, "starttls"u8) ? SmtpCommand.StartTls
        : SmtpCommand.Other;

    /// <summary>What follows a command, up to the next blank: behind it are a client's wishes about the delivery.</summary>
    public static ReadOnlySpan<byte> Parameter(ReadOnlySpan<byte> line, int commandLength)
    {
        if (line.Length <= commandLength + 1) return default;
        var value = line[(commandLength + 1)..].TrimStart((byte)' ');
        var end = value.IndexOf((byte)' ');
        return end < 0 ? value : value[..end];
    }

    private static bool Is(ReadOnlySpan<byte> line, ReadOnlySpan<byte> command) =>
        line.Length >= command.Length && Ascii.EqualsIgnoreCase(line[..command.Length], command);
}
