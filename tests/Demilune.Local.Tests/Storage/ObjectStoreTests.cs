using System.Text.Json.Nodes;
using Demilune.Local.Storage;

namespace Demilune.Local.Tests.Storage;

public sealed class ObjectStoreTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("demilune-store-").FullName;
    private static readonly ObjectName A = new("ns", "a");

    [Fact]
    public void Each_write_has_the_next_revision_and_only_the_reader_of_the_last_one_may_write()
    {
        using var store = Open();
        var first = store.TryWrite("pods", A, Pod(1), 0)!;
        Assert.Equal(store.Current.Revision.ToString(), first.Root.Text("metadata", "resourceVersion"));
        Assert.Null(store.TryWrite("pods", A, Pod(2), 0));
        var second = store.TryWrite("pods", A, Pod(2), first.Revision)!;
        Assert.Equal(first.Revision + 1, second.Revision);
        Assert.Null(store.TryDelete("pods", A, Pod(2), first.Revision));
        Assert.NotNull(store.TryDelete("pods", A, Pod(2), second.Revision));
        Assert.Null(store.Current.Find("pods", A));
    }

    [Fact]
    public void The_state_survives_a_restart_and_so_do_the_revisions()
    {
        long revision;
        using (var store = Open())
        {
            var a = store.TryWrite("pods", A, Pod(1), 0)!;
            store.TryWrite("pods", new("ns", "b"), Pod(1), 0);
            store.TryDelete("pods", A, Pod(1), a.Revision);
            revision = store.Current.Revision;
        }
        using var again = Open();
        Assert.Equal(revision, again.Current.Revision);
        Assert.Equal("b", Assert.Single(again.Current.All("pods")).Key.Name);
        using var watch = again.TrySubscribe("pods", revision - 1);
        Assert.True(watch!.Changes.TryRead(out var change));
        Assert.Equal(ChangeKind.Deleted, change.Kind);
    }

    [Fact]
    public void The_past_can_be_seen_until_it_is_forgotten()
    {
        using var store = Open(history: 10);
        var at = store.TryWrite("pods", A, Pod(0), 0)!;
        var early = at.Revision;
        for (var i = 1; i <= 5; i++) at = store.TryWrite("pods", A, Pod(i), at.Revision)!;
        Assert.Equal(0, store.At(early)!.Find("pods", A)!.Root.Number("n"));
        Assert.Equal(3, store.At(early + 3)!.Find("pods", A)!.Root.Number("n"));
        Assert.Null(store.At(store.Current.Revision + 1));
        for (var i = 6; i <= 30; i++) at = store.TryWrite("pods", A, Pod(i), at.Revision)!;
        Assert.Null(store.At(early));
        Assert.Null(store.TrySubscribe("pods", early));
    }

    [Fact]
    public void Compaction_keeps_the_state_and_lets_no_deleted_object_rise_again()
    {
        using (var store = Open(history: 10))
        {
            for (var round = 0; round < 20; round++)
            {
                var a = store.TryWrite("pods", A, Pod(round), 0)!;
                a = store.TryWrite("pods", A, Pod(round), a.Revision)!;
                store.TryDelete("pods", A, Pod(round), a.Revision);
            }
            store.TryWrite("pods", new("ns", "kept"), Pod(1), 0);
        }
        using var again = Open(history: 10);
        Assert.Equal("kept", Assert.Single(again.Current.All("pods")).Key.Name);
    }

    [Fact]
    public void A_watcher_sees_every_change_once_in_order_and_a_slow_one_is_let_go()
    {
        using var store = Open();
        using var fast = store.TrySubscribe("pods", store.Current.Revision)!;
        using var slow = store.TrySubscribe("pods", store.Current.Revision)!;
        var at = store.TryWrite("pods", A, Pod(0), 0)!;
        store.TryWrite("secrets", A, Pod(0), 0);
        var seen = 0L;
        for (var i = 1; i <= Subscription.MaxBacklog + 1; i++)
        {
            at = store.TryWrite("pods", A, Pod(i), at.Revision)!;
            while (fast.Changes.TryRead(out var change))
            {
                Assert.Equal(seen++, change.Object.Root.Number("n"));
                Assert.Equal("pods", change.Object.Resource);
            }
        }
        Assert.Equal(Subscription.MaxBacklog + 2, seen);
        while (slow.Changes.TryRead(out _)) { }
        Assert.True(slow.Changes.Completion.IsCompleted);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private ObjectStore Open(int history = ObjectStore.MaxHistory) => new(Path.Combine(_directory, "state.db"), history);

    private static JsonObject Pod(int n) => new() { ["metadata"] = new JsonObject { ["name"] = "a", ["uid"] = "u" }, ["n"] = n };
}
