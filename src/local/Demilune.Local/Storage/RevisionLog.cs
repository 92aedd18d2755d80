using Microsoft.Data.Sqlite;

namespace Demilune.Local.Storage;

/// <summary>The revisions on disk: one row per change, in a SQLite file, until compaction takes those nobody can ask for any more.</summary>
/// <remarks>Used by <see cref="ObjectStore"/> only, which calls it from under its lock.</remarks>
internal sealed class RevisionLog : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _append;

    /// <exception cref="SqliteException">The file cannot be opened or is no database.</exception>
    public RevisionLog(string path)
    {
        // No pool: disposal must close the file, so that the directory can be removed or another process can open it.
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        _connection.Open();
        // NORMAL in WAL mode survives a crash of the process; a power cut may lose the last moments, never consistency.
        Run("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=5000;");
        Run("""
            CREATE TABLE IF NOT EXISTS revisions(
              revision INTEGER PRIMARY KEY, resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, deleted INTEGER NOT NULL, value BLOB NOT NULL);
            CREATE INDEX IF NOT EXISTS revisions_by_object ON revisions(resource, namespace, name, revision);
            CREATE TABLE IF NOT EXISTS compaction(id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL);
            INSERT OR IGNORE INTO compaction VALUES (1, 0);
            """);
        _append = _connection.CreateCommand();
        _append.CommandText = "INSERT INTO revisions VALUES ($revision, $resource, $namespace, $name, $deleted, $value)";
        foreach (var parameter in (string[])["$revision", "$resource", "$namespace", "$name", "$deleted", "$value"])
            _append.Parameters.Add(new SqliteParameter { ParameterName = parameter });
    }

    /// <summary>The revision up to which history is gone.</summary>
    public long CompactedRevision
    {
        get
        {
            using var command = _connection.CreateCommand();
            command.CommandText = "SELECT revision FROM compaction";
            return (long)command.ExecuteScalar()!;
        }
    }

    public IEnumerable<(StoredObject Object, bool Deleted)> ReadAll()
    {
        using var command = _connection.CreateCommand();
        command.CommandText = "SELECT revision, resource, namespace, name, deleted, value FROM revisions ORDER BY revision";
        using var reader = command.ExecuteReader();
        while (reader.Read())
            yield return (StoredObject.Read(reader.GetString(1), new ObjectName(reader.GetString(2), reader.GetString(3)), reader.GetInt64(0), reader.GetFieldValue<byte[]>(5)),
                reader.GetBoolean(4));
    }

    public void Append(Change change, byte[] json)
    {
        var parameters = _append.Parameters;
        parameters[0].Value = change.Object.Revision;
        parameters[1].Value = change.Object.Resource;
        parameters[2].Value = change.Object.Name.Namespace;
        parameters[3].Value = change.Object.Name.Name;
        parameters[4].Value = change.Kind is ChangeKind.Deleted ? 1 : 0;
        parameters[5].Value = json;
        _append.ExecuteNonQuery();
    }

    /// <summary>Forgets what was superseded or deleted at or before <paramref name="revision"/>.</summary>
    public void Compact(long revision)
    {
        using var transaction = _connection.BeginTransaction();
        using var command = _connection.CreateCommand();
        command.Transaction = transaction;
        command.Parameters.AddWithValue("$revision", revision);
        // Superseded rows before tombstones: the other way round an older row would outlive its tombstone and rise again.
        // The newest row stays whatever it is: the next revision number is counted from it.
        command.CommandText = """
            DELETE FROM revisions WHERE revision <= $revision AND EXISTS (
              SELECT 1 FROM revisions later WHERE later.resource = revisions.resource AND later.namespace = revisions.namespace
                AND later.name = revisions.name AND later.revision > revisions.revision AND later.revision <= $revision);
            DELETE FROM revisions WHERE revision <= $revision AND deleted = 1 AND revision < (SELECT MAX(revision) FROM revisions);
            UPDATE compaction SET revision = MAX(revision, $revision);
            """;
        command.ExecuteNonQuery();
        transaction.Commit();
    }

    public void Dispose()
    {
        _append.Dispose();
        _connection.Dispose();
    }

    private void Run(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
