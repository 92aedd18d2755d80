using System.Globalization;

namespace Demilune.Inspection.Sessions.Smb;

/// <summary>SMB's numbers as EVE writes them.</summary>
internal static class SmbNames
{
    private static readonly string[] s_commands2 =
    [
        "NEGOTIATE_PROTOCOL", "SESSION_SETUP", "SESSION_LOGOFF", "TREE_CONNECT", "TREE_DISCONNECT", "CREATE", "CLOSE", "FLUSH", "READ", "WRITE", "LOCK", "IOCTL", "CANCEL",
        "KEEPALIVE", "FIND", "CHANGE_NOTIFY", "GET_INFO", "SET_INFO", "OPLOCK_BREAK",
    ];

    /// <summary>Pipes over which Suricata expects DCE/RPC.</summary>
    private static readonly HashSet<string> s_services = ["svcctl", "srvsvc", "atsvc", "lsarpc", "samr", "spoolss", "winreg"];

    public static bool IsService(ReadOnlySpan<byte> name) => s_services.Contains(System.Text.Encoding.Latin1.GetString(name is [(byte)'\\', ..] ? name[1..] : name));

    private static readonly Dictionary<int, string> s_commands1 = new()
    {
        [0x00] = "CREATE_DIRECTORY", [0x01] = "DELETE_DIRECTORY", [0x02] = "OPEN", [0x03] = "CREATE", [0x04] = "CLOSE", [0x05] = "FLUSH", [0x06] = "DELETE", [0x07] = "RENAME",
        [0x08] = "QUERY_INFORMATION", [0x09] = "SET_INFORMATION", [0x0a] = "READ", [0x0b] = "WRITE", [0x0c] = "LOCK_BYTE_RANGE", [0x0d] = "UNLOCK_BYTE_RANGE",
        [0x0e] = "CREATE_TEMPORARY", [0x0f] = "CREATE_NEW", [0x10] = "CHECK_DIRECTORY", [0x11] = "PROCESS_EXIT", [0x12] = "SEEK", [0x13] = "LOCK_AND_READ",
        [0x14] = "WRITE_AND_UNLOCK", [0x24] = "LOCKING_ANDX", [0x25] = "TRANS", [0x2b] = "ECHO", [0x2c] = "WRITE_AND_CLOSE", [0x2d] = "OPEN_ANDX", [0x2e] = "READ_ANDX",
        [0x2f] = "WRITE_ANDX", [0x32] = "TRANS2", [0x33] = "TRANS2_SECONDARY", [0x34] = "FIND_CLOSE2", [0x71] = "TREE_DISCONNECT", [0x72] = "NEGOTIATE_PROTOCOL", [0x73] = "SESSION_SETUP_ANDX",
        [0x74] = "LOGOFF_ANDX", [0x75] = "TREE_CONNECT_ANDX", [0x80] = "QUERY_INFO_DISK", [0x81] = "SEARCH", [0xa0] = "NT_TRANS", [0xa1] = "NT_TRANS_SECONDARY",
        [0xa2] = "NT_CREATE_ANDX", [0xa4] = "NT_CANCEL", [0xa5] = "NT_RENAME", [0xc0] = "OPEN_PRINT_FILE", [0xc1] = "WRITE_PRINT_FILE", [0xc2] = "CLOSE_PRINT_FILE",
    };

    private static readonly Dictionary<uint, string> s_statuses = new()
    {
        [0] = "STATUS_SUCCESS", [0x103] = "STATUS_PENDING", [0x10b] = "STATUS_NOTIFY_CLEANUP", [0x10c] = "STATUS_NOTIFY_ENUM_DIR", [0x8000_0005] = "STATUS_BUFFER_OVERFLOW",
        [0x8000_0006] = "STATUS_NO_MORE_FILES", [0x8000_002d] = "STATUS_STOPPED_ON_SYMLINK", [0xc000_0001] = "STATUS_UNSUCCESSFUL", [0xc000_0002] = "STATUS_NOT_IMPLEMENTED",
        [0xc000_0003] = "STATUS_INVALID_INFO_CLASS", [0xc000_0004] = "STATUS_INFO_LENGTH_MISMATCH", [0xc000_0008] = "STATUS_INVALID_HANDLE",
        [0xc000_000d] = "STATUS_INVALID_PARAMETER", [0xc000_000e] = "STATUS_NO_SUCH_DEVICE", [0xc000_000f] = "STATUS_NO_SUCH_FILE",
        [0xc000_0010] = "STATUS_INVALID_DEVICE_REQUEST", [0xc000_0011] = "STATUS_END_OF_FILE", [0xc000_0016] = "STATUS_MORE_PROCESSING_REQUIRED",
        [0xc000_0022] = "STATUS_ACCESS_DENIED", [0xc000_0023] = "STATUS_BUFFER_TOO_SMALL", [0xc000_0033] = "STATUS_OBJECT_NAME_INVALID",
        [0xc000_0034] = "STATUS_OBJECT_NAME_NOT_FOUND", [0xc000_0035] = "STATUS_OBJECT_NAME_COLLISION", [0xc000_003a] = "STATUS_OBJECT_PATH_NOT_FOUND",
        [0xc000_003b] = "STATUS_OBJECT_PATH_SYNTAX_BAD", [0xc000_0043] = "STATUS_SHARING_VIOLATION", [0xc000_0054] = "STATUS_FILE_LOCK_CONFLICT",
        [0xc000_0055] = "STATUS_LOCK_NOT_GRANTED", [0xc000_0056] = "STATUS_DELETE_PENDING", [0xc000_0061] = "STATUS_PRIVILEGE_NOT_HELD",
        [0xc000_0064] = "STATUS_NO_SUCH_USER", [0xc000_006a] = "STATUS_WRONG_PASSWORD", [0xc000_006d] = "STATUS_LOGON_FAILURE", [0xc000_006e] = "STATUS_ACCOUNT_RESTRICTION",
        [0xc000_0070] = "STATUS_INVALID_WORKSTATION", [0xc000_0071] = "STATUS_PASSWORD_EXPIRED", [0xc000_0072] = "STATUS_ACCOUNT_DISABLED", [0xc000_007e] = "STATUS_RANGE_NOT_LOCKED",
        [0xc000_007f] = "STATUS_DISK_FULL", [0xc000_009a] = "STATUS_INSUFFICIENT_RESOURCES", [0xc000_00ac] = "STATUS_PIPE_NOT_AVAILABLE", [0xc000_00ad] = "STATUS_INVALID_PIPE_STATE",
        [0xc000_00ae] = "STATUS_PIPE_BUSY", [0xc000_00b0] = "STATUS_PIPE_DISCONNECTED", [0xc000_00b5] = "STATUS_IO_TIMEOUT", [0xc000_00ba] = "STATUS_FILE_IS_A_DIRECTORY",
        [0xc000_00bb] = "STATUS_NOT_SUPPORTED", [0xc000_00c9] = "STATUS_NETWORK_NAME_DELETED", [0xc000_00ca] = "STATUS_NETWORK_ACCESS_DENIED", [0xc000_00cb] = "STATUS_BAD_DEVICE_TYPE",
        [0xc000_00cc] = "STATUS_BAD_NETWORK_NAME", [0xc000_00d4] = "STATUS_NOT_SAME_DEVICE", [0xc000_0101] = "STATUS_DIRECTORY_NOT_EMPTY", [0xc000_0103] = "STATUS_NOT_A_DIRECTORY",
        [0xc000_0120] = "STATUS_CANCELLED", [0xc000_0121] = "STATUS_CANNOT_DELETE", [0xc000_0128] = "STATUS_FILE_CLOSED", [0xc000_014b] = "STATUS_PIPE_BROKEN",
        [0xc000_0203] = "STATUS_USER_SESSION_DELETED", [0xc000_0225] = "STATUS_NOT_FOUND", [0xc000_0234] = "STATUS_ACCOUNT_LOCKED_OUT", [0xc000_0257] = "STATUS_PATH_NOT_COVERED",
        [0xc000_0275] = "STATUS_NOT_A_REPARSE_POINT", [0xc000_035c] = "STATUS_NETWORK_SESSION_EXPIRED",
    };

    private static readonly Dictionary<int, string> s_serverErrors = new()
    {
        [1] = "SRV_ERROR", [2] = "SRV_BADPW", [4] = "SRV_ACCESS", [5] = "SRV_BADTID", [6] = "SRV_BADNETNAME", [7] = "SRV_BADDEVICE", [0x16] = "SRV_UNKNOWN_SMB", [0x40] = "SRV_BADCOMMAND",
        [0x59] = "SRV_TOO_MANY_UIDS", [0x5a] = "SRV_TOO_MANY_UIDS", [0x5b] = "SRV_BADUID", [0xffff] = "SRV_NOSUPPORT",
    };

    private static readonly Dictionary<int, string> s_dosErrors = new()
    {
        [0] = "DOS_SUCCESS", [1] = "DOS_BAD_FUNC", [2] = "DOS_BAD_FILE", [3] = "DOS_BAD_PATH", [4] = "DOS_TOO_MANY_OPEN_FILES", [5] = "DOS_ACCESS_DENIED", [6] = "DOS_INVALID_FID",
        [18] = "DOS_NO_MORE_FILES", [32] = "DOS_BAD_SHARE", [33] = "DOS_BAD_LOCK", [50] = "DOS_UNSUP", [80] = "DOS_FILE_ALREADY_EXISTS", [87] = "DOS_INVALID_PARAM", [234] = "DOS_MORE_DATA",
    };

    public static string Command(int version, int command) => version == 1
        ? $"SMB1_COMMAND_{s_commands1.GetValueOrDefault(command) ?? command.ToString(CultureInfo.InvariantCulture)}"
        : $"SMB2_COMMAND_{(command < s_commands2.Length ? s_commands2[command] : command.ToString(CultureInfo.InvariantCulture))}";

    public static string Status(uint status) => s_statuses.GetValueOrDefault(status) ?? status.ToString(CultureInfo.InvariantCulture);

    /// <summary>Of SMB 1 before NT: a class and a code in it.</summary>
    public static string DosError(int errorClass, int code) => errorClass switch
    {
        1 => s_dosErrors.GetValueOrDefault(code),
        2 => s_serverErrors.GetValueOrDefault(code),
        _ => null,
    } ?? string.Create(CultureInfo.InvariantCulture, $"UNKNOWN_{errorClass:x2}_{code:x4}");

    public static string Dialect(int dialect) => dialect switch
    {
        0x0202 => "2.02",
        0x0210 => "2.10",
        0x0222 => "2.22",
        0x0224 => "2.24",
        0x02ff => "2.??",
        0x0300 => "3.00",
        0x0302 => "3.02",
        0x0310 => "3.10",
        0x0311 => "3.11",
        _ => dialect.ToString(CultureInfo.InvariantCulture),
    };

    public static string Function(uint function) => function switch
    {
        0x0006_0194 => "FSCTL_DFS_GET_REFERRALS",
        0x0006_01b0 => "FSCTL_DFS_GET_REFERRALS_EX",
        0x0011_400c => "FSCTL_PIPE_PEEK",
        0x0011_0018 => "FSCTL_PIPE_WAIT",
        0x0011_c017 => "FSCTL_PIPE_TRANSCEIVE",
        0x0014_0078 => "FSCTL_SRV_REQUEST_RESUME_KEY",
        0x0014_0204 => "FSCTL_VALIDATE_NEGOTIATE_INFO",
        0x0014_01bb => "FSCTL_SRV_READ_HASH",
        0x0014_01d4 => "FSCTL_LMR_REQUEST_RESILIENCY",
        0x0014_01fc => "FSCTL_QUERY_NETWORK_INTERFACE_INFO",
        0x0009_00a4 => "FSCTL_SET_REPARSE_POINT",
        0x0009_8208 => "FSCTL_FILE_LEVEL_TRIM",
        0x0014_40f2 => "FSCTL_SRV_COPYCHUNK",
        0x0014_4064 => "FSCTL_SRV_ENUMERATE_SNAPSHOTS",
        0x0009_00c0 => "FSCTL_CREATE_OR_GET_OBJECT_ID",
        _ => function.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>A file's number: 16 bytes of SMB 2, 2 of SMB 1.</summary>
    public static string FileId(ReadOnlySpan<byte> id) => id.Length switch
    {
        16 => string.Create(CultureInfo.InvariantCulture,
            $"{id[3]:x2}{id[2]:x2}{id[1]:x2}{id[0]:x2}-{id[5]:x2}{id[4]:x2}-{id[7]:x2}{id[6]:x2}-{id[9]:x2}{id[8]:x2}-{id[11]:x2}{id[10]:x2}{id[15]:x2}{id[14]:x2}{id[13]:x2}{id[12]:x2}"),
        2 => string.Create(CultureInfo.InvariantCulture, $"{id[1]:x2}{id[0]:x2}"),
        _ => "",
    };
}
