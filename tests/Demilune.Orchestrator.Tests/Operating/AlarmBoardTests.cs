using Demilune.Kubernetes.Crds;
using Demilune.Orchestrator.Alarms;
using k8s.Models;

namespace Demilune.Orchestrator.Tests.Operating;

public sealed class AlarmBoardTests
{
    [Fact]
    public void Trouble_is_raised_once_acknowledged_by_somebody_and_cleared_when_it_is_over()
    {
        var (board, turned) = AlarmBoard.Empty.Next(Troubled("down"));
        var alarm = Assert.Single(turned);
        Assert.Equal(("FirewallUnavailable:Firewall/default", "critical", null), (alarm.Id, alarm.Severity, alarm.Cleared));
        board = board.Acknowledge(alarm.Id, "ops", A.Now.AddMinutes(1))!;
        (board, turned) = board.Next(Troubled("still down") with { Now = A.Now.AddMinutes(2) });
        Assert.Empty(turned);
        alarm = Assert.Single(board.All);
        Assert.Equal(("still down", A.Now, "ops"), (alarm.Message, alarm.Since, alarm.AcknowledgedBy));
        (board, turned) = board.Next(A.Situation() with { Now = A.Now.AddMinutes(3) });
        Assert.Equal(A.Now.AddMinutes(3), Assert.Single(turned).Cleared);
        Assert.Empty(board.Active);
        Assert.Null(board.Acknowledge(alarm.Id, "ops", A.Now));
    }

    [Fact]
    public void A_node_that_is_not_heard_of_matters_only_if_it_protects_somebody()
    {
        Assert.Equal("NodeAway", Assert.Single(AlarmBoard.Empty.Next(A.Situation(pods: [A.Pod("web", "n1", "web")])).Turned).Kind);
        Assert.Empty(AlarmBoard.Empty.Next(A.Situation(pods: [A.Pod("web")])).Turned);
    }

    private static Situation Troubled(string message)
    {
        var firewall = A.Firewall();
        firewall.Status = new FirewallStatus { Conditions = [new V1Condition { Type = "Available", Status = "False", Reason = "NoHealthyInstance", Message = message }] };
        return A.Situation(firewalls: [firewall]);
    }
}
