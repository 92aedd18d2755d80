using System.Collections.Immutable;
using Demilune.Contracts.Nodes;
using Demilune.Orchestrator.Jobs;
using Demilune.Orchestrator.Placing;

namespace Demilune.Orchestrator.Tests.Operating;

public sealed class JobBoardTests
{
    private static readonly ImmutableHashSet<Slot> Needed = [new Slot("default", "n1")];

    [Fact]
    public void A_start_is_a_job_whose_tasks_follow_what_is_seen_and_end_with_their_times()
    {
        var board = JobBoard.Empty.Next(A.Situation(pods: [A.Pod("web", "n1", "web")]), Needed, A.Options);
        var job = Assert.Single(board.All);
        Assert.Equal("Firewall/default on n1", job.Subject);
        Assert.Equal((TaskState.Running, TaskState.Waiting), (job.Tasks[0].State, job.Tasks[1].State));

        var starting = A.Situation(pods: [A.Pod("web", "n1", "web")], instances: [A.Instance("fw")]);
        board = board.Next(starting, Needed, A.Options).Next(starting, Needed, A.Options);
        job = Assert.Single(board.All);
        Assert.Equal(["create:Done", "run:Done", "connect:Running", "load:Waiting", "pass frames:Waiting"], job.Tasks.Take(5).Select(task => $"{task.Name}:{task.State}"));

        board = board.Next(Healthy() with { Now = A.Now.AddSeconds(3) }, Needed, A.Options);
        job = Assert.Single(board.Over);
        Assert.Equal((TaskState.Done, A.Now.AddSeconds(3)), (job.State, job.Ended));
        Assert.Equal(A.Now, job.Tasks[0].Ended);
        // All is well: no further job.
        Assert.Same(job, Assert.Single(board.Next(Healthy(), Needed, A.Options).All));
    }

    [Fact]
    public void A_revision_that_was_taken_back_is_a_failed_job_and_one_that_nobody_needs_any_more_is_skipped()
    {
        var changed = A.Firewall(image: "broken:2");
        changed.Status = new Kubernetes.Crds.FirewallStatus { RefusedRevision = FirewallPod.RevisionOf(changed, A.Options) };
        var situation = Healthy() with { Firewalls = ImmutableDictionary<string, Kubernetes.Crds.Firewall>.Empty.Add("default", changed) };
        Assert.Equal(TaskState.Failed, Assert.Single(JobBoard.Empty.Next(situation, Needed, A.Options).Over).State);
        var board = JobBoard.Empty.Next(A.Situation(pods: [A.Pod("web", "n1", "web")]), Needed, A.Options).Next(A.Situation(), ImmutableHashSet<Slot>.Empty, A.Options);
        Assert.Equal([TaskState.Skipped, TaskState.Done], Assert.Single(board.Over).Tasks.Select(task => task.State).Distinct());     // there was nothing to drain
    }

    [Fact]
    public void What_is_over_is_forgotten_by_age()
    {
        var board = JobBoard.Empty.Next(A.Situation(pods: [A.Pod("web", "n1", "web")]), Needed, A.Options).Next(A.Situation(), ImmutableHashSet<Slot>.Empty, A.Options);
        Assert.Empty(board.Next(A.Situation() with { Now = A.Now + JobBoard.MaxAge + TimeSpan.FromSeconds(1) }, ImmutableHashSet<Slot>.Empty, A.Options).All);
    }

    private static Situation Healthy() => A.Situation(pods: [A.Pod("web", "n1", "web")], instances: [A.Instance("fw")], seen: new NodeObservation
    {
        Firewalls = { new FirewallObservation { PodUid = "uid-fw", Alive = true, Connected = true, Policies = { new LoadedPolicy { Name = "web", Ok = true } } } },
    });
}
