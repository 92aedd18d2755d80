using System.Buffers.Text;
using Microsoft.Win32.SafeHandles;

namespace Demilune.Firewall.Packets;

/// <summary>
/// Whether more threads want to run on this machine than it has CPUs. Then a packet thread that spins takes time from
/// the very peers whose next frame it waits for.
/// </summary>
internal sealed class CpuPressure : IDisposable
{
    /// <summary>Share of an observation in the average: the last ten weigh most.</summary>
    private const double Weight = 0.1;

    private readonly SafeFileHandle? _loadavg = Open();
    private readonly byte[] _text = new byte[128];
    private double _runnable;
    private volatile bool _oversubscribed;

    /// <summary>What <see cref="Observe"/> found last. May be read by any thread.</summary>
    public bool Oversubscribed => _oversubscribed;

    /// <summary>Looks again. Belongs to one thread, about ten times a second.</summary>
    public void Observe()
    {
        if (_loadavg is null) return;
        var text = _text.AsSpan(0, RandomAccess.Read(_loadavg, _text, 0));
        if (!TryReadRunnable(text, out var runnable)) return;
        // The thread that reads is running, and does not count.
        _runnable += Weight * (runnable - 1 - _runnable);
        _oversubscribed = _runnable > Environment.ProcessorCount;
    }

    /// <summary>Takes 3 out of "0.10 0.15 0.20 3/412 7011" (proc(5), /proc/loadavg).</summary>
    internal static bool TryReadRunnable(ReadOnlySpan<byte> loadavg, out int runnable)
    {
        runnable = 0;
        var slash = loadavg.IndexOf((byte)'/');
        if (slash < 0) return false;
        var digits = loadavg[..slash];
        digits = digits[(digits.LastIndexOf((byte)' ') + 1)..];
        return Utf8Parser.TryParse(digits, out runnable, out var consumed) && consumed == digits.Length;
    }

    public void Dispose() => _loadavg?.Dispose();

    private static SafeFileHandle? Open()
    {
        // Some sandboxes hide it; then nothing is known, and spinning stays on.
        try { return File.OpenHandle("/proc/loadavg"); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return null; }
    }
}
