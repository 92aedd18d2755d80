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

    [Fact]
    public void What_was_acknowledged_stays_so_over_a_restart_and_is_not_raised_again()
    {
        var directory = Directory.CreateTempSubdirectory("acknowledgements-").FullName;
        var options = A.Options with { DataDirectory = directory };
        var first = Started(options);
        first.Operations.Observe(Troubled("down"), [], options);
        Assert.NotNull(first.Operations.Acknowledge("FirewallUnavailable:Firewall/default", "ops"));
        Assert.Equal(2, first.Turned.Count);

        var second = Started(options);
        second.Operations.Observe(Troubled("still down"), [], options);
        Assert.Empty(second.Turned);
        Assert.Equal(("ops", A.Now, "still down"), (second.Operations.Alarms[0].AcknowledgedBy, second.Operations.Alarms[0].Since, second.Operations.Alarms[0].Message));
        second.Operations.Observe(A.Situation(), [], options);
        Assert.NotNull(Assert.Single(second.Turned).Cleared);

        // It was over: the same trouble is a new one.
        var third = Started(options);
        third.Operations.Observe(Troubled("down again"), [], options);
        Assert.Null(Assert.Single(third.Turned).AcknowledgedBy);
        File.WriteAllText(Path.Combine(directory, "acknowledgements.json"), "[{},null,7");
        Assert.Empty(Started(options).Operations.Alarms);
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public void A_trouble_that_shows_itself_only_long_after_the_restart_is_another_one()
    {
        var seen = new Alarm("FirewallUnavailable:Firewall/default", "FirewallUnavailable", "Firewall/default", "critical", "", A.Now, "ops", A.Now);
        var board = (AlarmBoard.Empty with { Remembered = System.Collections.Immutable.ImmutableDictionary<string, Alarm>.Empty.Add(seen.Id, seen) }).Next(A.Situation()).Board;
        Assert.Single(board.Acknowledged);
        Assert.Empty(board.Next(Troubled("down") with { Now = A.Now + AlarmBoard.MemoryOfRestart / 2 }).Turned);
        Assert.Single(board.Next(Troubled("down") with { Now = A.Now + AlarmBoard.MemoryOfRestart }).Turned);
    }

    private static (Operations Operations, List<Alarm> Turned) Started(OrchestratorOptions options)
    {
        var (operations, turned) = (new Operations(TimeProvider.System, options), new List<Alarm>());
        operations.AlarmTurned += turned.Add;
        return (operations, turned);
    }

    private static Situation Troubled(string message)
    {
        var firewall = A.Firewall();
        firewall.Status = new FirewallStatus { Conditions = [new V1Condition { Type = "Available", Status = "False", Reason = "NoHealthyInstance", Message = message }] };
        return A.Situation(firewalls: [firewall]);
    }
}
