using CsCheck;
using Demilune.Local.Node.Lifecycle;
using k8s.Models;

namespace Demilune.Local.Tests.Node.Lifecycle;

public sealed class PodPlanTests
{
    [Fact]
    public void A_new_pod_gets_its_sandbox_and_then_its_containers()
    {
        var world = new PodWorld(Pod("Always", [], ["a", "b"]));
        world.Settle();
        Assert.Equal(["sandbox", "start a 0", "start b 0"], world.Done);
        Assert.Equal("Running", PodReport.Phase(world.Pod, world.Seen));
    }

    [Fact]
    public void Init_containers_run_one_after_the_other_before_the_rest()
    {
        var world = new PodWorld(Pod("Always", ["first", "second"], ["main"]));
        world.Settle();
        Assert.Equal(["sandbox", "start first 0"], world.Done);
        Assert.Equal("Pending", PodReport.Phase(world.Pod, world.Seen));
        world.End("first", 0);
        world.Settle();
        world.End("second", 0);
        world.Settle();
        Assert.Equal(["sandbox", "start first 0", "start second 0", "start main 0"], world.Done);
    }

    [Fact]
    public void A_sidecar_runs_beside_the_others_and_ends_with_them()
    {
        var pod = Pod("Never", ["side"], ["main"]);
        pod.Spec.InitContainers[0].RestartPolicy = "Always";
        var world = new PodWorld(pod);
        world.Settle();
        Assert.Equal(["sandbox", "start side 0", "start main 0"], world.Done);
        world.End("main", 0);
        world.Settle();
        Assert.Equal("stop side", world.Done[^1]);
        world.End("side", 143);
        world.Settle();
        Assert.Equal("no sandbox", world.Done[^1]);
        Assert.Equal("Succeeded", PodReport.Phase(world.Pod, world.Seen));
    }

    [Fact]
    public void A_failed_init_container_of_a_pod_that_never_restarts_fails_the_pod()
    {
        var world = new PodWorld(Pod("Never", ["init"], ["main"]));
        world.Settle();
        world.End("init", 1);
        world.Settle();
        Assert.Equal(["sandbox", "start init 0", "no sandbox"], world.Done);
        Assert.Equal("Failed", PodReport.Phase(world.Pod, world.Seen));
    }

    [Theory]
    [InlineData("Always", 0, true)]
    [InlineData("Always", 1, true)]
    [InlineData("OnFailure", 0, false)]
    [InlineData("OnFailure", 1, true)]
    [InlineData("Never", 0, false)]
    [InlineData("Never", 1, false)]
    public void The_restart_policy_decides_about_a_restart(string policy, int code, bool restarts)
    {
        var world = new PodWorld(Pod(policy, [], ["main"]));
        world.Settle();
        world.End("main", code);
        world.Settle();
        Assert.Equal(restarts, world.IsRunning("main"));
    }

    [Fact]
    public void The_second_crash_waits_and_says_when_to_look_again()
    {
        var world = new PodWorld(Pod("Always", [], ["main"]));
        world.Settle();
        world.End("main", 1);
        world.Settle();
        world.End("main", 1);
        Assert.Equal(world.Now.AddSeconds(10), world.Settle().WakeAt);
        Assert.Equal("CrashLoopBackOff", PodReport.Status(world.Pod, world.Seen, [], world.Now).ContainerStatuses[0].State.Waiting.Reason);
        world.Now = world.Now.AddSeconds(10);
        world.Settle();
        Assert.Equal("start main 2", world.Done[^1]);
    }

    [Fact]
    public void Deletion_stops_waits_kills_releases_and_forgets_in_this_order()
    {
        var world = new PodWorld(Pod("Always", [], ["main"]));
        world.Settle();
        world.Done.Clear();
        world.Pod = world.Pod with { Metadata = world.Pod.Metadata with { DeletionTimestamp = world.Now.AddSeconds(30).UtcDateTime } };
        Assert.Equal(world.Now.AddSeconds(30), world.Settle().WakeAt);
        world.Now = world.Now.AddSeconds(30);
        world.Settle();
        Assert.Equal(["stop main", "kill main", "no sandbox", "forget"], world.Done);
    }

    [Fact]
    public void A_second_deletion_can_shorten_the_wait()
    {
        var world = new PodWorld(Pod("Always", [], ["main"]));
        world.Settle();
        world.Pod = world.Pod with { Metadata = world.Pod.Metadata with { DeletionTimestamp = world.Now.AddSeconds(300).UtcDateTime } };
        world.Settle();
        world.Pod = world.Pod with { Metadata = world.Pod.Metadata with { DeletionTimestamp = world.Now.UtcDateTime } };
        world.Settle();
        Assert.True(world.Forgotten);
    }

    [Fact]
    public void A_lost_sandbox_ends_its_containers_and_the_pod_starts_over()
    {
        var world = new PodWorld(Pod("Always", [], ["main"]));
        world.Settle();
        world.Seen = world.Seen with { Sandbox = new SandboxState.Failed("gone", 0, world.Now) };
        world.Settle();
        Assert.Equal(["stop main", "kill main", "sandbox", "start main 1"], world.Done[2..]);
    }

    [Fact]
    public void A_failed_sandbox_is_tried_again_when_its_time_has_come()
    {
        var world = new PodWorld(Pod("Always", [], ["main"])) { Seen = new PodObservation { Sandbox = new SandboxState.Failed("no", 1, new DateTimeOffset(2026, 1, 1, 0, 0, 5, TimeSpan.Zero)) } };
        Assert.Equal(world.Now.AddSeconds(5), world.Settle().WakeAt);
        Assert.Empty(world.Done);
        world.Now = world.Now.AddSeconds(5);
        world.Settle();
        Assert.Contains("start main 0", world.Done);
    }

    /// <summary>Whatever ends whenever: the plan rests, keeps one run at a time, and a deleted pod leaves nothing.</summary>
    [Fact]
    public void Any_history_comes_to_rest_and_a_deleted_pod_to_its_end() =>
        Gen.Select(Gen.Int[0, 2].Select(i => ((string[])["Always", "OnFailure", "Never"])[i]), Gen.Select(Gen.Int[0, 2], Gen.Int[0, 2], Gen.Bool).Array[0, 30]).Sample((policy, ends) =>
        {
            var world = new PodWorld(Pod(policy, ["init"], ["a", "b"]));
            foreach (var (which, code, later) in ends)
            {
                world.Settle();
                var name = ((string[])["init", "a", "b"])[which];
                if (world.IsRunning(name)) world.End(name, code);
                if (later) world.Now += CrashLoop.Longest;
            }
            world.Pod = world.Pod with { Metadata = world.Pod.Metadata with { DeletionTimestamp = world.Now.UtcDateTime } };
            world.Settle();
            return world.Forgotten && world.Seen.Sandbox is SandboxState.None && !world.IsRunning("a") && !world.IsRunning("b") && !world.IsRunning("init");
        });

    private static V1Pod Pod(string policy, string[] inits, string[] containers) => new()
    {
        Metadata = new V1ObjectMeta { Name = "pod", NamespaceProperty = "test", Uid = "uid" },
        Spec = new V1PodSpec
        {
            RestartPolicy = policy,
            InitContainers = [.. inits.Select(name => new V1Container { Name = name })],
            Containers = [.. containers.Select(name => new V1Container { Name = name })],
        },
    };
}
