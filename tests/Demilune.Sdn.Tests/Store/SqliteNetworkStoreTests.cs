using Demilune.Sdn.Store;
using Microsoft.Data.Sqlite;

namespace Demilune.Sdn.Tests.Store;

public sealed class SqliteNetworkStoreTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("network-store-").FullName;

    private string File => Path.Combine(_directory, "network.db");

    [Fact]
    public void A_file_that_is_no_database_is_refused_by_name()
    {
        System.IO.File.WriteAllText(File, new string('x', 5_000));
        Assert.Contains(File, Assert.Throws<IOException>(() => new SqliteNetworkStore(File)).Message);
    }

    [Fact]
    public void A_missing_directory_is_refused_by_name() =>
        Assert.Contains("absent", Assert.Throws<IOException>(() => new SqliteNetworkStore(Path.Combine(_directory, "absent", "x.db"))).Message);

    [Fact]
    public void A_newer_schema_is_refused_instead_of_misread()
    {
        new SqliteNetworkStore(File).Dispose();
        using (var connection = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version=99";
            command.ExecuteNonQuery();
        }
        Assert.Contains("newer version", Assert.Throws<IOException>(() => new SqliteNetworkStore(File)).Message);
    }

    [Fact]
    public void A_write_that_fails_changes_nothing()
    {
        using var world = new World(new Failing());
        Assert.Throws<IOException>(() => world.Send("POST", "networks", """{"network":{}}"""));
        Assert.Empty(world.Get("networks").AsArray());
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private sealed class Failing : INetworkStore
    {
        public IEnumerable<Neutron.Resource> Load() => [];

        public event Action? News
        {
            add { }
            remove { }
        }

        public bool TryWrite(IReadOnlyList<Change> changes) => throw new IOException("disk full");

        public StoreNews TakeNews(TimeSpan patience) => StoreNews.None;

        public void Dispose()
        {
        }
    }
}
