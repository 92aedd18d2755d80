using Demilune.Local.Node.Lifecycle;
using k8s.Models;

namespace Demilune.Local.Tests.Node.Lifecycle;

/// <summary>A machine of numbers: does what the plan says, and lets containers end.</summary>
internal sealed class PodWorld(V1Pod pod)
{
    public V1Pod Pod { get; set; } = pod;
    public PodObservation Seen { get; set; } = new();
    public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public List<string> Done { get; } = [];
    public bool Forgotten { get; private set; }

    /// <summary>Acts until there is nothing to do now.</summary>
    public PodPlan Settle()
    {
        for (var steps = 0; steps < 100; steps++)
        {
            var plan = PodPlan.Next(Pod, Seen, Now);
            if (plan.Actions.Count == 0 || Forgotten) return plan;
            foreach (var action in plan.Actions) Perform(action);
        }
        throw new InvalidOperationException($"the plan never rests: {string.Join(", ", Done.TakeLast(10))}");
    }

    public void End(string container, int code, bool ranLong = false)
    {
        var seen = Seen.Of(container);
        var how = new Termination(seen.ContainerId ?? "", code, code == 0 ? "Completed" : "Error", null, ranLong ? Now - CrashLoop.QuietRun : Now, Now);
        Seen = Seen.With(container, seen with { State = new ContainerState.Terminated(how), Crashes = CrashLoop.Count(seen.Crashes, how), Stopping = null });
    }

    public bool IsRunning(string container) => Seen.Of(container).State is ContainerState.Running;

    private void Perform(PodAction action)
    {
        switch (action)
        {
            case PodAction.CreateSandbox:
                Done.Add("sandbox");
                Seen = Seen with { Sandbox = new SandboxState.Ready(["10.0.0.1"]) };
                break;
            case PodAction.RemoveSandbox:
                Done.Add("no sandbox");
                Seen = Seen with { Sandbox = new SandboxState.None() };
                break;
            case PodAction.Start start:
                Done.Add($"start {start.Container.Name} {start.Attempt}");
                Seen = Seen.With(start.Container.Name, Seen.Of(start.Container.Name) with
                {
                    State = new ContainerState.Running(Now),
                    Attempt = start.Attempt,
                    Started = true,
                    Ready = true,
                    ContainerId = $"{start.Container.Name}{start.Attempt}",
                });
                break;
            case PodAction.Stop stop:
                Done.Add($"stop {stop.Container.Name}");
                Seen = Seen.With(stop.Container.Name, Seen.Of(stop.Container.Name) with { Stopping = new Stopping(Now, stop.Deadline) });
                break;
            case PodAction.Kill kill:
                Done.Add($"kill {kill.Container.Name}");
                End(kill.Container.Name, 137);
                break;
            case PodAction.Forget:
                Done.Add("forget");
                Forgotten = true;
                break;
        }
    }
}
