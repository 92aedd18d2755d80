namespace Demilune.Local;

/// <summary>Paths that someone else wrote (an archive, a pod) inside a folder that they must not leave.</summary>
internal static class ScopedPath
{
    /// <summary>path_resolution(7): more links than this is a loop.</summary>
    private const int MaxLinks = 40;

    /// <summary>
    /// Where <paramref name="path"/> leads when <paramref name="root"/> is taken for <c>/</c>: links are followed, but <c>..</c> and absolute targets
    /// stay inside. The last component is not followed, and what does not exist is taken as it is written.
    /// </summary>
    /// <returns>Null: a loop of links, or a name with a zero byte.</returns>
    /// <remarks>Right only while nobody else changes the folder.</remarks>
    public static string? Resolve(string root, string path, bool followLast = false)
    {
        if (path.Contains('\0', StringComparison.Ordinal)) return null;
        var pending = new Stack<string>(path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        var done = new List<string>();
        var links = 0;
        while (pending.TryPop(out var part))
        {
            if (part is ".") continue;
            if (part is "..")
            {
                if (done.Count > 0) done.RemoveAt(done.Count - 1);
                continue;
            }
            var here = Path.Combine([root, .. done, part]);
            if ((pending.Count > 0 || followLast) && new FileInfo(here).LinkTarget is { } target)
            {
                if (++links > MaxLinks) return null;
                if (target.StartsWith('/')) done.Clear();
                foreach (var step in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse()) pending.Push(step);
                continue;
            }
            done.Add(part);
        }
        return Path.Combine([root, .. done]);
    }
}
