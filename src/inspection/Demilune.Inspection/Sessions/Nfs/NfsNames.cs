using System.Globalization;

namespace Demilune.Inspection.Sessions.Nfs;

/// <summary>EVE's words for NFS' numbers.</summary>
internal static class NfsNames
{
    private static readonly string[] s_procedures =
    [
        "NULL", "GETATTR", "SETATTR", "LOOKUP", "ACCESS", "READLINK", "READ", "WRITE", "CREATE", "MKDIR", "SYMLINK", "MKNOD", "REMOVE", "RMDIR", "RENAME", "LINK",
        "READDIR", "READDIRPLUS", "FSSTAT", "FSINFO", "PATHCONF", "COMMIT",
    ];

    private static readonly string[] s_operations =
    [
        "NULL", "COMPOUND", "", "ACCESS", "CLOSE", "COMMIT", "CREATE", "DELEGPURGE", "DELEGRETURN", "GETATTR", "GETFH", "LINK", "LOCK", "LOCKT", "LOCKU", "LOOKUP",
        "LOOKUPP", "NVERIFY", "OPEN", "OPENATTR", "OPEN_CONFIRM", "OPEN_DOWNGRADE", "PUTFH", "PUTPUBFH", "PUTROOTFH", "READ", "READDIR", "READLINK", "REMOVE",
        "RENAME", "RENEW", "RESTOREFH", "SAVEFH", "SECINFO", "SETATTR", "SETCLIENTID", "SETCLIENTID_CONFIRM", "VERIFY", "WRITE", "RELEASE_LOCKOWNER",
    ];

    private static readonly Dictionary<uint, string> s_statuses = new()
    {
        [0] = "OK", [1] = "ERR_PERM", [2] = "ERR_NOENT", [5] = "ERR_IO", [6] = "ERR_NXIO", [13] = "ERR_ACCES", [17] = "ERR_EXIST", [18] = "ERR_XDEV", [19] = "ERR_NODEV",
        [20] = "ERR_NOTDIR", [21] = "ERR_ISDIR", [22] = "ERR_INVAL", [27] = "ERR_FBIG", [28] = "ERR_NOSPC", [30] = "ERR_ROFS", [31] = "ERR_MLINK",
        [63] = "ERR_NAMETOOLONG", [66] = "ERR_NOTEMPTY", [69] = "ERR_DQUOT", [70] = "ERR_STALE", [71] = "ERR_REMOTE", [10001] = "ERR_BADHANDLE",
        [10002] = "ERR_NOT_SYNC", [10003] = "ERR_BAD_COOKIE", [10004] = "ERR_NOTSUPP", [10005] = "ERR_TOOSMALL", [10006] = "ERR_SERVERFAULT",
        [10007] = "ERR_BADTYPE", [10008] = "ERR_JUKEBOX",
    };

    private static readonly string[] s_flavors = ["NULL", "UNIX", "SHORT", "DH", "KERB", "RSA", "GSS"];

    /// <summary>Version 2 is told by version 3's names, as Suricata does.</summary>
    public static string OfProcedure(uint version, uint procedure)
    {
        var names = version < 4 ? s_procedures : s_operations;
        return procedure < names.Length && names[procedure].Length > 0 ? names[procedure] : procedure == 10044 ? "ILLEGAL" : Number(procedure);
    }

    public static string OfStatus(uint status) => s_statuses.GetValueOrDefault(status) ?? Number(status);

    public static string OfReply(uint status) => status switch { 0 => "ACCEPTED", 1 => "DENIED", _ => Number(status) };

    public static string OfFlavor(uint flavor) => flavor < s_flavors.Length ? s_flavors[flavor] : Number(flavor);

    private static string Number(uint number) => number.ToString(CultureInfo.InvariantCulture);
}
