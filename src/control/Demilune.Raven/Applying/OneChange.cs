namespace Demilune.Raven.Applying;

/// <summary>From the first request of a change to the last: nodes hear of nothing between, if the network can do that.</summary>
internal sealed class OneChange(Func<IDisposable?>? hold) : IDisposable
{
    private IDisposable? _held;

    public void Begin() => _held ??= hold?.Invoke();

    public void Dispose() => _held?.Dispose();
}
