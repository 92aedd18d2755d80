namespace Demilune.Controller.Observability;

/// <summary>How many values were at most so large. Not thread-safe.</summary>
internal sealed class Histogram
{
    /// <summary>Seconds: around the heartbeat deadlines, 10 and 100 ms.</summary>
    public static readonly double[] Bounds = [0.005, 0.01, 0.02, 0.05, 0.1, 0.12, 0.15, 0.2, 0.5, 1, 5];

    private readonly long[] _counts = new long[Bounds.Length];

    public long Count { get; private set; }

    public double Sum { get; private set; }

    public void Add(double value)
    {
        Count++;
        Sum += value;
        for (var i = 0; i < Bounds.Length; i++)
            if (value <= Bounds[i]) _counts[i]++;
    }

    public long Cumulative(int bound) => _counts[bound];
}
