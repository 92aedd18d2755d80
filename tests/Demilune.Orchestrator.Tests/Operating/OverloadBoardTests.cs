using System.Collections.Immutable;
using Demilune.Contracts.Nodes;
using Demilune.Kubernetes.Status;
using Demilune.Orchestrator.Alarms;
using Demilune.Orchestrator.Observing;
using Demilune.Orchestrator.Reporting;

namespace Demilune.Orchestrator.Tests.Operating;

public sealed class OverloadBoardTests
{
    [Fact]
    public void Losses_close_together_are_one_overload_that_ends_when_it_has_been_quiet_for_a_while()
    {
        var (board, turned) = OverloadBoard.Empty.Next(Missing(100), A.Now);
        Assert.Empty(turned);       // lost before anybody looked
        (board, turned) = board.Next(Missing(130), At(1));
        Assert.Equal((true, 30ul), (Assert.Single(turned).Began, turned[0].Overload.Lost));
        (board, turned) = board.Next(Missing(150), At(5));
        Assert.Empty(turned);
        Assert.Equal((At(1), 50ul), (board.Find("uid-fw")!.Since, board.Find("uid-fw")!.Lost));
        (board, turned) = board.Next(Missing(150), At(14));
        Assert.Empty(turned);
        (board, turned) = board.Next(Missing(150), At(15));
        Assert.Equal((false, 50ul), (Assert.Single(turned).Began, turned[0].Overload.Lost));
        Assert.Null(board.Find("uid-fw"));
        Assert.Empty(board.Next(Missing(150), At(16)).Turned);
    }

    [Fact]
    public void A_container_that_was_started_anew_counts_from_nothing_and_an_instance_that_is_gone_is_forgotten()
    {
        var board = OverloadBoard.Empty.Next(Missing(100), A.Now).Board;
        Assert.Equal(7ul, Assert.Single(board.Next(Missing(7), At(1)).Turned).Overload.Lost);
        Assert.Empty(board.Next(Observed.Nothing, At(1)).Board.ByPod);
    }

    [Fact]
    public void The_firewall_says_so_without_a_number_that_grows_and_an_alarm_does()
    {
        var situation = A.Situation(pods: [A.Pod("web", "n1", "web")], instances: [A.Instance("fw")], seen: A.Seen([A.Engine("fw")]));
        Assert.True(Conditions.IsTrue(FirewallReport.Of(A.Firewall(), situation.Needed(), situation, A.Options).Conditions, "KeepsUp"));
        var board = OverloadBoard.Empty.Next(Missing(0), A.Now).Board.Next(Missing(5), At(1)).Board;
        var firewall = A.Firewall();
        firewall.Status = FirewallReport.Of(firewall, situation.Needed(), situation with { Overloads = board }, A.Options);
        var condition = Conditions.Find(firewall.Status.Conditions, "KeepsUp")!;
        Assert.Equal(("False", "Overloaded"), (condition.Status, condition.Reason));
        Assert.DoesNotContain("5", condition.Message, StringComparison.Ordinal);
        var alarms = AlarmBoard.Empty.Next(situation with { Firewalls = situation.Firewalls.SetItem("default", firewall) }).Turned;
        Assert.Contains(alarms, alarm => alarm.Id == "FirewallOverloaded:Firewall/default");
    }

    private static DateTimeOffset At(int seconds) => A.Now.AddSeconds(seconds);

    private static Observed Missing(ulong frames)
    {
        var engine = A.Engine("fw");
        engine.FramesMissed = frames;
        return Observed.Nothing.With("n1", A.Seen([engine]), A.Now);
    }
}
