namespace Demilune.Firewall.Events;

/// <summary>
/// The thread that takes EVE lines from the packet thread to where they are read: standard output, a file, the agent.
/// If one of them blocks, lines are lost in the ring and counted; the packet thread never waits.
/// </summary>
internal sealed class EventWriter
{
    /// <summary>How long an event may lie. Waking this thread for each would cost the packet thread a system call.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private readonly LineRing _lines;
    private readonly List<Stream> _outputs;
    private readonly Action<ReadOnlySpan<byte>> _agent;
    private readonly Action<string> _log;
    private readonly Thread _thread;
    private volatile bool _stop;

    /// <param name="lines">Read until <see cref="Finish"/>.</param>
    /// <param name="outputs">Each gets every line; one that fails is given up. Stay the caller's.</param>
    /// <param name="agent">Hears every line too.</param>
    /// <param name="log">Hears when an output fails.</param>
    public EventWriter(LineRing lines, IEnumerable<Stream> outputs, Action<ReadOnlySpan<byte>> agent, Action<string> log)
    {
        _lines = lines;
        _outputs = [.. outputs];
        _agent = agent;
        _log = log;
        _thread = new(Run) { Name = "events" };
        _thread.Start();
    }

    /// <summary>Writes what is still there and ends. Call it when nobody writes into the ring any more.</summary>
    public void Finish()
    {
        _stop = true;
        _thread.Join();
    }

    private void Run()
    {
        while (true)
        {
            var last = _stop;       // read before the ring: what came before the stop is still written
            while (_lines.TryPeek(out var line))
            {
                Write(line);
                Write("\n"u8);
                _agent(line);
                _lines.Release();
            }
            Each(static output => output.Flush());
            if (last) return;
            Thread.Sleep(Pause);
        }
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        for (var i = _outputs.Count - 1; i >= 0; i--)
        {
            try { _outputs[i].Write(bytes); }
            catch (IOException failure) { GiveUp(i, failure); }
        }
    }

    private void Each(Action<Stream> act)
    {
        for (var i = _outputs.Count - 1; i >= 0; i--)
        {
            try { act(_outputs[i]); }
            catch (IOException failure) { GiveUp(i, failure); }
        }
    }

    private void GiveUp(int index, IOException failure)
    {
        _log($"events are no longer written to {(_outputs[index] as FileStream)?.Name ?? "standard output"}: {failure.Message}");
        _outputs.RemoveAt(index);
    }
}
