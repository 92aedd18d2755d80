using System.Threading.Channels;

namespace Demilune.Controller.Events;

/// <summary>Somewhere that events (alerts, alarms, finished jobs) are sent to as they come. Nobody waits for it: what does not fit into its queue is lost and counted.</summary>
/// <remarks>A batch that fails is tried again, with pauses, and given up when it is older than <see cref="Patience"/>: newer ones matter more.</remarks>
internal abstract partial class EventOutput(string name, TimeProvider time, ILogger log) : BackgroundService
{
    /// <summary>An hour of a quiet cluster, a minute of an attack.</summary>
    private const int MaxWaiting = 16_384;

    private const int MaxBatch = 500;

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(250), LongestPause = TimeSpan.FromSeconds(15), Patience = TimeSpan.FromMinutes(2);

    private readonly Channel<string> _waiting = Channel.CreateBounded<string>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    private long _sent;
    private long _lost;

    /// <summary>For metrics and logs.</summary>
    public string Name => name;

    public long Sent => Interlocked.Read(ref _sent);

    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>How long it waits for more after the first, so that what comes together is sent together. Default: not at all.</summary>
    protected virtual TimeSpan Gathering => TimeSpan.Zero;

    public void Take(string line)
    {
        if (!_waiting.Writer.TryWrite(line)) Interlocked.Increment(ref _lost);
    }

    /// <summary>Sends one batch, oldest first.</summary>
    /// <exception cref="IOException">It did not get there; it is tried again.</exception>
    protected abstract Task SendAsync(IReadOnlyList<string> lines, CancellationToken stop);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var batch = new List<string>();
        try
        {
            while (await _waiting.Reader.WaitToReadAsync(stoppingToken))
            {
                if (Gathering > TimeSpan.Zero) await Task.Delay(Gathering, time, stoppingToken);
                batch.Clear();
                while (batch.Count < MaxBatch && _waiting.Reader.TryRead(out var line)) batch.Add(line);
                await DeliverAsync(batch, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What waits is in the file.
        }
    }

    private async Task DeliverAsync(List<string> batch, CancellationToken stop)
    {
        var (began, pause) = (time.GetTimestamp(), ShortestPause);
        while (true)
        {
            try
            {
                await SendAsync(batch, stop);
                Interlocked.Add(ref _sent, batch.Count);
                return;
            }
            catch (Exception error) when (error is IOException or HttpRequestException or System.Net.Sockets.SocketException or OperationCanceledException && !stop.IsCancellationRequested)
            {
                if (time.GetElapsedTime(began) > Patience)
                {
                    Interlocked.Add(ref _lost, batch.Count);
                    GivenUp(log, name, batch.Count, error.Message);
                    return;
                }
                if (pause == ShortestPause) Failing(log, name, error.Message);
            }
            await Task.Delay(pause, time, stop);
            pause = pause * 2 > LongestPause ? LongestPause : pause * 2;
        }
    }

    [LoggerMessage(3441, LogLevel.Warning, "Events do not reach {Output}: {Reason}; tried again")]
    private static partial void Failing(ILogger log, string output, string reason);

    [LoggerMessage(3442, LogLevel.Error, "{Count} events did not reach {Output} and are given up: {Reason}. They are in the data directory's files")]
    private static partial void GivenUp(ILogger log, string output, int count, string reason);
}
