using Demilune.Neutron;
using Demilune.Sdn.Resources;
using Microsoft.Data.Sqlite;

namespace Demilune.Sdn.Store;

/// <summary>One row per object, as the JSON of the model. One writer: the <see cref="VirtualNetwork"/> that owns it.</summary>
/// <remarks>
/// WAL with synchronous=NORMAL: a killed process loses nothing, a power cut at most the last moments, and never half a
/// request. What is lost then is derived again from Kubernetes.
/// </remarks>
internal sealed class SqliteNetworkStore : INetworkStore
{
    private const int Schema = 1;

    private readonly SqliteConnection _connection;

    /// <exception cref="IOException">The file is no such store, or one of a newer version.</exception>
    public SqliteNetworkStore(string path)
    {
        _connection = new(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        try
        {
            _connection.Open();
            Run("PRAGMA journal_mode=WAL");
            Run("PRAGMA synchronous=NORMAL");
            Run("PRAGMA busy_timeout=5000");
            var found = Convert.ToInt32(Scalar("PRAGMA user_version"), System.Globalization.CultureInfo.InvariantCulture);
            if (found > Schema)
                throw new IOException($"{path} was written by a newer version (schema {found}, this one knows {Schema}): start that version, or move the file away.");
            Run("CREATE TABLE IF NOT EXISTS object (collection TEXT NOT NULL, id TEXT NOT NULL, json BLOB NOT NULL, PRIMARY KEY (collection, id)) WITHOUT ROWID");
            Run($"PRAGMA user_version={Schema}");
        }
        catch (SqliteException e)
        {
            _connection.Dispose();
            throw new IOException($"{path}: {e.Message} Check that the directory exists and is writable and that the file is a database of this program.", e);
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    public IEnumerable<Resource> Load()
    {
        foreach (var collection in Collections.All)
        {
            using var select = _connection.CreateCommand();
            select.CommandText = "SELECT json FROM object WHERE collection = $collection";
            select.Parameters.AddWithValue("$collection", collection.Path);
            using var rows = select.ExecuteReader();
            while (rows.Read()) yield return collection.Read((byte[])rows[0]);
        }
    }

    /// <summary>Never: the file has one owner.</summary>
    public event Action? News
    {
        add { }
        remove { }
    }

    public StoreNews TakeNews(TimeSpan patience) => StoreNews.None;

    public bool TryWrite(IReadOnlyList<Change> changes)
    {
        using var transaction = _connection.BeginTransaction();
        using var upsert = Command("INSERT INTO object VALUES ($collection, $id, $json) ON CONFLICT DO UPDATE SET json = excluded.json", transaction);
        using var delete = Command("DELETE FROM object WHERE collection = $collection AND id = $id", transaction);
        foreach (var (resource, deleted) in changes)
        {
            var collection = Collections.Of(resource.GetType());
            var command = deleted ? delete : upsert;
            command.Parameters.Clear();
            command.Parameters.AddWithValue("$collection", collection.Path);
            command.Parameters.AddWithValue("$id", resource.Id);
            if (!deleted) command.Parameters.AddWithValue("$json", collection.Write(resource));
            command.ExecuteNonQuery();
        }
        transaction.Commit();
        return true;
    }

    public void Dispose() => _connection.Dispose();

    private SqliteCommand Command(string sql, SqliteTransaction transaction)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // Constants of this file.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.Transaction = transaction;
        return command;
    }

    private void Run(string sql) => Scalar(sql);

    private object? Scalar(string sql)
    {
        using var command = _connection.CreateCommand();
#pragma warning disable CA2100 // Constants of this file.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command.ExecuteScalar();
    }
}
