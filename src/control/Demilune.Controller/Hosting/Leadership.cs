namespace Demilune.Controller.Hosting;

/// <summary>Whether this controller is the one that acts. Of several only the leader speaks with nodes: two that told them something would undo each other.</summary>
internal sealed class Leadership
{
    private volatile TaskCompletionSource<CancellationToken> _term = New();

    /// <summary>There is no other controller.</summary>
    public static Leadership Alone()
    {
        var leadership = new Leadership();
        leadership.Begin(CancellationToken.None);
        return leadership;
    }

    public bool IsLeading => _term.Task.IsCompleted;

    /// <param name="term">Ends when we no longer lead.</param>
    public void Begin(CancellationToken term) => _term.TrySetResult(term);

    public void End() => _term = New();

    /// <summary>Waits a little for whoever comes while it is still being decided who leads.</summary>
    /// <returns>Ends when we no longer lead; null: another one leads.</returns>
    public async Task<CancellationToken?> TermAsync(TimeSpan patience, CancellationToken stop)
    {
        try
        {
            return await _term.Task.WaitAsync(patience, stop);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private static TaskCompletionSource<CancellationToken> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
