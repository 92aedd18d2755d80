namespace Demilune.Cli.Inspect;

/// <summary>The captures that <c>-r</c> names: a file, or those of a directory in the order in which they were written last, as Suricata reads them.</summary>
internal sealed record CaptureFiles
{
    /// <summary>Suricata's limit for directories within directories.</summary>
    private const int MaxDepth = 255;

    /// <summary>A file or a directory, as the user wrote it.</summary>
    public required string Path { get; init; }

    /// <summary>The directory's directories, too. Links are not followed.</summary>
    public bool Recursive { get; init; }

    /// <summary>Wait for further files until told to stop.</summary>
    public bool Continuous { get; init; }

    /// <summary>Each is deleted when it has been read.</summary>
    public bool DeletesRead { get; init; }

    /// <summary>Where further files are waited for: how long one has to be left alone before it counts as complete. Suricata's default.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often the directory is looked at. Suricata's default.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);

    public bool IsDirectory => Directory.Exists(Path);

    /// <summary>The files, as soon as they are there.</summary>
    /// <param name="clock">What files' times are compared with.</param>
    /// <param name="stop">Ends the waiting.</param>
    public IEnumerable<string> All(TimeProvider clock, CancellationToken stop)
    {
        if (!IsDirectory)
        {
            yield return Path;
            yield break;
        }
        for (var from = DateTime.MinValue; !stop.IsCancellationRequested;)
        {
            var until = Continuous ? clock.GetUtcNow().UtcDateTime - Delay : DateTime.MaxValue;
            foreach (var file in WrittenBetween(from, until)) yield return file;
            if (!Continuous) yield break;
            from = until;
            stop.WaitHandle.WaitOne(Interval);
        }
    }

    private string[] WrittenBetween(DateTime from, DateTime until)
    {
        var listing = new EnumerationOptions { RecurseSubdirectories = Recursive, MaxRecursionDepth = MaxDepth, AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.Device };
        return [.. new DirectoryInfo(Path).EnumerateFiles("*", listing)
            .Where(file => file.LastWriteTimeUtc >= from && file.LastWriteTimeUtc < until)
            .OrderBy(file => file.LastWriteTimeUtc).ThenBy(file => file.FullName, StringComparer.Ordinal)
            .Select(file => System.IO.Path.Join(Path, System.IO.Path.GetRelativePath(Path, file.FullName)))];
    }
}
