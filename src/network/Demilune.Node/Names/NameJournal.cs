using System.Globalization;
using Demilune.Node.Splice.Compile;

namespace Demilune.Node.Names;

/// <summary>
/// Learnt names in a file, a line each, appended before the answer reaches its pod: an agent that was killed knows what its predecessor had
/// allowed. In the run directory on purpose: a reboot empties it, and begins the clock that the times are of anew.
/// </summary>
internal sealed class NameJournal : IDisposable
{
    /// <summary>Then it is written anew, with what still holds: half a minute of the busiest learning.</summary>
    private const long CompactAt = 4 << 20;

    private readonly string _path;
    private StreamWriter? _writer;

    /// <exception cref="IOException">The file cannot be used.</exception>
    public NameJournal(string path) => _path = path;

    /// <summary>What an earlier agent wrote, oldest first. A line torn by a crash is passed over.</summary>
    public IEnumerable<LearntName> Read()
    {
        if (!File.Exists(_path)) yield break;
        foreach (var line in File.ReadAllLines(_path))
            if (line.Split('\t') is [var expires, var portId, var address, var name]
                && ulong.TryParse(expires, NumberStyles.None, CultureInfo.InvariantCulture, out var when) && Prefix.TryParse(address, out var prefix) && prefix.IsHost)
                yield return new(portId, name, prefix, when);
    }

    public void Write(LearntName learnt) => Write(_writer ??= Open(FileMode.Append), learnt);

    /// <summary>Returns when the lines are the kernel's: a crash of this process loses none.</summary>
    public void Flush(LearntNames all)
    {
        _writer?.Flush();
        if (_writer?.BaseStream.Length > CompactAt) Compact(all);
    }

    public void Dispose() => _writer?.Dispose();

    private void Compact(LearntNames all)
    {
        _writer?.Dispose();
        _writer = null;
        using (var next = new StreamWriter(_path + ".new"))
            foreach (var learnt in all.All) Write(next, learnt);
        File.Move(_path + ".new", _path, overwrite: true);
    }

    // A name may hold any byte; a tab or the end of a line in it must not look like ours.
    private static void Write(StreamWriter to, LearntName learnt) => to.Write(string.Create(
        CultureInfo.InvariantCulture, $"{learnt.Expires}\t{learnt.PortId}\t{learnt.Address}\t{learnt.Name.Replace('\t', ' ').ReplaceLineEndings(" ")}\n"));

    private StreamWriter Open(FileMode mode) => new(new FileStream(_path, mode, FileAccess.Write, FileShare.Read));
}
