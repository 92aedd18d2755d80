namespace Demilune.Kubernetes.Watching;

/// <summary>How long to wait after the n-th failure in a row: doubling, with jitter so that clients do not march in step.</summary>
/// <param name="First">After the first failure.</param>
/// <param name="Longest">Never longer.</param>
public sealed record Backoff(TimeSpan First, TimeSpan Longest)
{
    /// <summary>client-go waits 800 ms to 30 s; a controller on the same machine may ask sooner.</summary>
    public static readonly Backoff Watching = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(15));

    /// <param name="failures">In a row, from 1.</param>
    /// <returns>Between half of the doubled time and all of it.</returns>
    public TimeSpan After(int failures)
    {
        var full = Math.Min(First.TotalMilliseconds * Math.Pow(2, Math.Min(failures - 1, 30)), Longest.TotalMilliseconds);
#pragma warning disable CA5394      // Spreads load; nobody gains by guessing it.
        return TimeSpan.FromMilliseconds(full * (0.5 + Random.Shared.NextDouble() / 2));
#pragma warning restore CA5394
    }
}
