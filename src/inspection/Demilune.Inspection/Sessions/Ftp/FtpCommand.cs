using System.Text;

namespace Demilune.Inspection.Sessions.Ftp;

/// <summary>The commands that are told: those of RFC 959 and its extensions that Suricata knows.</summary>
internal static class FtpCommand
{
    private static readonly string[] s_names =
    [
        "AUTH TLS", "PORT", "EPRT", "PASV", "EPSV", "RETR", "STOR", "ABOR", "ACCT", "ALLO", "APPE", "CDUP", "CHMOD", "CWD", "DELE", "HELP", "IDLE", "LIST", "MAIL", "MDTM",
        "MKD", "MLFL", "MODE", "MRCP", "MRSQ", "MSAM", "MSND", "MSOM", "NLST", "NOOP", "PASS", "PWD", "QUIT", "REIN", "REST", "RMD", "RNFR", "RNTO", "SITE", "SIZE",
        "SMNT", "STAT", "STOU", "STRU", "SYST", "TYPE", "UMASK", "USER", "EPSV",
    ];

    /// <returns>Its name; null: it is not known.</returns>
    public static string? Of(ReadOnlySpan<byte> line)
    {
        foreach (var name in s_names)
        {
            if (line.Length < name.Length || !Ascii.EqualsIgnoreCase(line[..name.Length], name)) continue;
            if (line.Length == name.Length || line[name.Length] is (byte)' ' or (byte)'\t') return name;
        }
        return null;
    }
}
