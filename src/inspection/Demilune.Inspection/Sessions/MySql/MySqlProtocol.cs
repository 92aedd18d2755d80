using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;
using Demilune.Wire.MySql;

namespace Demilune.Inspection.Sessions.MySql;

/// <summary>MySQL and MariaDB: version 10 of their protocol.</summary>
internal static class MySqlProtocol
{
    /// <summary>Compressed packets that are none, or compressed by what we cannot undo (Zstandard): nobody knows what goes by.</summary>
    public const string Unreadable = "mysql.unreadable_compression";

    /// <summary>The server asks the client for a file of its own.</summary>
    public const string AsksForFile = "mysql.local_infile";

    public static BufferId[] OfRequest { get; } = [BufferId.MySqlCommand, BufferId.MySqlQuery, BufferId.MySqlUser, BufferId.MySqlDatabase];

    /// <summary>What was asked belongs to the answer, too: rules can ask for both.</summary>
    public static BufferId[] OfResponse { get; } = [.. OfRequest, BufferId.MySqlVersion, BufferId.MySqlError, BufferId.MySqlFile];

    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.MySql,
        OfStream = static (from, bytes) => from == Side.Client ? MySqlDetection.OfClient(bytes) : MySqlDetection.OfServer(bytes),
        IsGreeted = true,
        Buffers = OfResponse,
        Events = [Unreadable, AsksForFile],
        Open = static (options, _, detector) => new MySqlSession(options, detector),
    };

    /// <summary>By their numbers ("Command Phase").</summary>
    private static readonly string[] s_commands =
    [
        "sleep", "quit", "init_db", "query", "field_list", "create_db", "drop_db", "refresh", "shutdown", "statistics", "process_info", "connect", "process_kill", "debug", "ping",
        "time", "delayed_insert", "change_user", "binlog_dump", "table_dump", "connect_out", "register_slave", "stmt_prepare", "stmt_execute", "stmt_send_long_data", "stmt_close",
        "stmt_reset", "set_option", "stmt_fetch", "daemon", "binlog_dump_gtid", "reset_connection",
    ];

    public static string NameOf(byte command) => command < s_commands.Length ? s_commands[command] : "unknown";
}
