using System.Threading.Channels;

namespace Demilune.Controller.Events;

/// <summary>Appends lines (alerts, finished jobs) to a file that other tools tail. When it is full it becomes NAME.1 and a new one is begun.</summary>
internal sealed partial class EveFile(string path, long maxBytes, ILogger<EveFile> log) : BackgroundService
{
    /// <summary>A disk that stands still for seconds loses nothing; one that stands still for ever costs no more than this.</summary>
    private const int MaxWaiting = 65_536;

    private readonly Channel<string> _waiting = Channel.CreateBounded<string>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    private long _lost;

    /// <summary>Lines that never reached the file.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    public void Append(string line)
    {
        if (!_waiting.Writer.TryWrite(line)) Interlocked.Increment(ref _lost);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _waiting.Writer.TryComplete();
        // Before the base cancels: what was cancelled before it began would never run.
        if (ExecuteTask is { } writing) await writing.WaitAsync(cancellationToken);
        await base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var batch = new List<string>();
        var failing = false;
        // Until the channel is complete, not until the token: what has come is written.
        while (await _waiting.Reader.WaitToReadAsync(CancellationToken.None))
        {
            batch.Clear();
            while (batch.Count < 1_000 && _waiting.Reader.TryRead(out var line)) batch.Add(line);
            try
            {
                Write(batch);
                failing = false;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                Interlocked.Add(ref _lost, batch.Count);
                if (!failing) NotWritten(log, error, path);
                failing = true;
            }
        }
    }

    private void Write(List<string> lines)
    {
        if (File.Exists(path) && new FileInfo(path).Length >= maxBytes) File.Move(path, path + ".1", overwrite: true);
        // Shared with everybody: whoever tails the file must not make us lose a line.
        using var stream = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        using var writer = new StreamWriter(stream);
        foreach (var line in lines) writer.WriteLine(line);
    }

    [LoggerMessage(3421, LogLevel.Error, "{Path} cannot be written: its events are still shown, but not kept. Make room or fix its permissions")]
    private static partial void NotWritten(ILogger log, Exception error, string path);
}
