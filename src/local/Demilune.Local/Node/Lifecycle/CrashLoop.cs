namespace Demilune.Local.Node.Lifecycle;

/// <summary>How long a container that keeps ending waits before it is started again: kubelet's numbers.</summary>
internal static class CrashLoop
{
    /// <summary>The longest wait.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    /// <summary>A run this long wipes the slate.</summary>
    public static readonly TimeSpan QuietRun = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan First = TimeSpan.FromSeconds(10);

    /// <param name="crashes">Ends in a row, this one included. The first is forgiven, then 10 s, 20 s, … 5 min.</param>
    public static TimeSpan Delay(int crashes) => crashes switch
    {
        <= 1 => TimeSpan.Zero,
        > 6 => Longest,
        _ => First * (1 << (crashes - 2)) is var delay && delay < Longest ? delay : Longest,
    };

    /// <summary>The count after one more end.</summary>
    public static int Count(int before, Termination end) => end.FinishedAt - end.StartedAt >= QuietRun ? 1 : before + 1;
}
