using Demilune.Contracts.Nodes;
using Demilune.Node.ControllerLink;

namespace Demilune.Node.Tests.ControllerLink;

public sealed class LastStateTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("last-state").FullName;

    private string File => Path.Combine(_directory, "last-state.pb");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_state_and_what_came_after_it_are_found_again_with_the_agents_own_combinations()
    {
        var last = new LastState(File);
        var state = State(1, 20);
        last.Save(state);
        for (var revision = 2; revision < 40; revision++)
        {
            var next = State(revision, 20 + revision);
            var change = NodeChanges.Between(state, next)!;
            state = NodeChanges.With(NodeChanges.Apply(state, change), [new() { Tag = (uint)(2048 + revision) }]);
            last.Append(change, state);
            Assert.Equal(state, LastState.Load(File));
        }
    }

    [Fact]
    public void What_routed_firewalls_are_told_comes_changes_and_goes_with_the_rest()
    {
        var state = State(1, 2);
        Routing?[] routings = [new() { Neighbours = { new Neighbour { Address = "10.0.0.1", Mac = "fa:16:3e:00:00:01" } } }, new(), null, new()];
        foreach (var routing in routings)
        {
            var next = State((int)state.Revision + 1, 2);
            next.Routing = routing;
            var change = NodeChanges.Between(state, next);
            Assert.NotNull(change);
            state = NodeChanges.With(NodeChanges.Apply(state, change), []);
            Assert.Equal(next, state);
        }
    }

    [Fact]
    public void What_is_appended_stays_within_a_state()
    {
        var last = new LastState(File);
        var state = State(1, 4);
        last.Save(state);
        for (var revision = 2; revision < 3_000; revision++)
        {
            var next = State(revision, revision % 7);
            last.Append(NodeChanges.Between(state, next)!, next);
            state = next;
        }
        Assert.InRange(new FileInfo(File).Length, 1, 2 * (64 << 10));
        Assert.Equal(state.Ports.Count, LastState.Load(File)!.Ports.Count);
    }

    [Fact]
    public void Behind_a_change_that_the_kernel_refused_comes_the_whole_state()
    {
        var last = new LastState(File);
        var (first, refused, third) = (State(1, 1), State(2, 2), State(3, 3));
        last.Save(first);
        last.Append(NodeChanges.Between(refused, third)!, third);
        Assert.Equal(third, LastState.Load(File));
    }

    [Fact]
    public void Of_a_torn_file_what_is_whole_counts()
    {
        var last = new LastState(File);
        var (first, second) = (State(1, 3), State(2, 4));
        last.Save(first);
        var whole = new FileInfo(File).Length;
        last.Append(NodeChanges.Between(first, second)!, second);
        var bytes = System.IO.File.ReadAllBytes(File);
        for (var length = 0; length < bytes.Length; length++)
        {
            System.IO.File.WriteAllBytes(File, bytes[..length]);
            var loaded = LastState.Load(File);
            if (length < whole) Assert.Null(loaded);
            else Assert.Equal(first, loaded);
        }
        System.IO.File.WriteAllBytes(File, [0xff, 0xff, 0xff, 0xff, 0x7f]);
        Assert.Null(LastState.Load(File));
        System.IO.File.Delete(File);
        Assert.Null(LastState.Load(File));
    }

    private static NodeState State(int revision, int ports) => new()
    {
        Revision = (ulong)revision, Ports = { Enumerable.Range(0, ports).Select(n => new Port { Id = $"port{n:d3}", Mtu = 1500 }) },
    };
}
