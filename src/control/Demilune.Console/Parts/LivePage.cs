using Demilune.Console.Reading;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;

namespace Demilune.Console.Parts;

/// <summary>A page that shows what is, again and again while it is open.</summary>
[Authorize]
public abstract class LivePage : ComponentBase, IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _closed = new();

    [Inject] protected IClusterReading Reading { get; set; } = null!;

    /// <summary>Takes what the page shows out of <see cref="Reading"/>.</summary>
    protected abstract void Load();

    protected override void OnParametersSet() => Load();

    protected override void OnAfterRender(bool firstRender)
    {
        if (firstRender) _ = FollowAsync(_closed.Token);
    }

    private async Task FollowAsync(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (await timer.WaitForNextTickAsync(cancel))
                await InvokeAsync(() =>
                {
                    Load();
                    StateHasChanged();
                });
        }
        catch (OperationCanceledException)
        {
            // The page was left.
        }
        catch (Exception failure) when (failure is not ObjectDisposedException)
        {
            // Blazor shows it and ends the circuit; unobserved it would leave a page that looks alive.
            await DispatchExceptionAsync(failure);
        }
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (!disposing) return;
        _closed.Cancel();
        _closed.Dispose();
    }
}
