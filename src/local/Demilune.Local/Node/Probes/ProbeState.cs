using k8s.Models;

namespace Demilune.Local.Node.Probes;

/// <summary>Counts a probe's results until they mean something (the API's thresholds).</summary>
/// <param name="Healthy">What the probe stands for now.</param>
/// <param name="InRow">Results in a row that contradict it.</param>
internal readonly record struct ProbeState(bool Healthy, int InRow = 0)
{
    /// <summary>Pure. The defaults are the API's: three failures, one success.</summary>
    public ProbeState Next(bool success, V1Probe probe)
    {
        if (success == Healthy) return this with { InRow = 0 };
        var threshold = Math.Max(1, success ? probe.SuccessThreshold ?? 1 : probe.FailureThreshold ?? 3);
        return InRow + 1 >= threshold ? new ProbeState(success) : this with { InRow = InRow + 1 };
    }
}
