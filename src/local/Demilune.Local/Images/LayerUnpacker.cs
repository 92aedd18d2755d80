using System.Formats.Tar;
using System.Globalization;

namespace Demilune.Local.Images;

/// <summary>How much an image may unpack to. An archive of kilobytes can hold terabytes of zeros.</summary>
/// <param name="MaxBytes">All files of all layers together. Default 8 GiB.</param>
/// <param name="MaxEntries">All entries of all layers together. Default one million.</param>
internal sealed record UnpackLimits(long MaxBytes = 8L << 30, int MaxEntries = 1_000_000);

/// <summary>
/// Unpacks the layers of an image over each other into one folder. The archive is taken for hostile: no entry is written outside the folder,
/// whatever its name, its links or those of earlier layers say; there are no devices, and limits for everything.
/// </summary>
internal sealed class LayerUnpacker(string root, UnpackLimits limits)
{
    private const string Whiteout = ".wh.", OpaqueFolder = ".wh..wh..opq";

    private readonly Dictionary<string, FileOwnership> _ownership = new(StringComparer.Ordinal);
    private long _bytes;
    private int _entries;

    /// <summary>What each path is to be like, set at the end by the caller: a path may be replaced by a later layer until then.</summary>
    public IReadOnlyDictionary<string, FileOwnership> Ownership => _ownership;

    /// <param name="layer">The tar archive itself, unpacked.</param>
    /// <exception cref="InvalidDataException">The layer is broken, tries to leave the folder, or is beyond the limits.</exception>
    public void Apply(Stream layer)
    {
        // What this layer brought: its own whiteouts hide only what lay below (image-spec, "Opaque Whiteout").
        var fresh = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            using var reader = new TarReader(layer, leaveOpen: true);
            while (reader.GetNextEntry() is { } entry)
            {
                if (++_entries > limits.MaxEntries) throw new InvalidDataException($"more than {limits.MaxEntries} entries");
                if (entry.EntryType is TarEntryType.GlobalExtendedAttributes) continue;
                Apply(entry, fresh);
            }
        }
        catch (Exception error) when (error is FormatException or EndOfStreamException or ArgumentException or OverflowException)
        {
            throw new InvalidDataException($"not a tar archive: {error.Message}", error);
        }
    }

    private void Apply(TarEntry entry, HashSet<string> fresh)
    {
        var path = Inside(entry.Name);
        if (path == root) return;
        var name = Path.GetFileName(path);
        var folder = Path.GetDirectoryName(path)!;
        if (name == OpaqueFolder)
        {
            if (Directory.Exists(folder))
                foreach (var child in Directory.GetFileSystemEntries(folder).Where(child => !fresh.Contains(child))) Remove(child);
            return;
        }
        if (name.StartsWith(Whiteout, StringComparison.Ordinal))
        {
            var hidden = name[Whiteout.Length..];
            if (hidden is "" or "." or "..") throw new InvalidDataException($"{entry.Name}: a whiteout of nothing");
            if (Path.Combine(folder, hidden) is var target && !fresh.Contains(target)) Remove(target);
            return;
        }
        Directory.CreateDirectory(folder);
        Write(entry, path);
        for (var each = path; each != root; each = Path.GetDirectoryName(each)!) fresh.Add(each);
        _ownership[path] = new FileOwnership(entry.Uid, entry.Gid, entry.Mode);
    }

    private void Write(TarEntry entry, string path)
    {
        switch (entry.EntryType)
        {
            case TarEntryType.Directory:
                // A folder over a folder keeps its content; over anything else, a link above all, it replaces it.
                if (new FileInfo(path).LinkTarget is not null || File.Exists(path)) Remove(path);
                Directory.CreateDirectory(path);
                break;
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                Remove(path);
                WriteFile(entry, path);
                break;
            case TarEntryType.SymbolicLink:
                Remove(path);
                File.CreateSymbolicLink(path, entry.LinkName);      // may point anywhere: it is followed only inside
                break;
            case TarEntryType.HardLink:
                var target = Inside(entry.LinkName);
                if (target == path) break;
                if (new FileInfo(target) is not { Exists: true, LinkTarget: null } file) throw new InvalidDataException($"{entry.Name}: a hard link to {entry.LinkName}, which is not a file of the image");
                Remove(path);
                Count(file.Length);
                File.Copy(target, path);
                break;
            default:
                throw new InvalidDataException($"{entry.Name}: {entry.EntryType} is not taken from an image");
        }
    }

    private void WriteFile(TarEntry entry, string path)
    {
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        if (entry.DataStream is not { } data) return;
        var buffer = new byte[128 << 10];
        for (int read; (read = data.Read(buffer)) > 0;)
        {
            Count(read);
            file.Write(buffer, 0, read);
        }
    }

    private void Count(long bytes)
    {
        _bytes += bytes;
        if (_bytes > limits.MaxBytes) throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"unpacks to more than {limits.MaxBytes} bytes"));
    }

    /// <summary>Where an entry goes: links of the image are followed inside it, the last component is not.</summary>
    private string Inside(string name)
    {
        if (name.Length > 4096) throw new InvalidDataException("a path of more than 4096 characters");      // PATH_MAX
        if (name.Split('/').Contains("..")) throw new InvalidDataException($"{name}: leaves the image");
        return ScopedPath.Resolve(root, name.TrimEnd('/')) ?? throw new InvalidDataException($"{name}: its links lead in a circle");
    }

    private static void Remove(string path)
    {
        if (new FileInfo(path) is { } file && (file.LinkTarget is not null || file.Exists)) file.Delete();
        else if (Directory.Exists(path)) Directory.Delete(path, recursive: true);   // does not follow links
    }
}

/// <summary>Whose a file of an image is, and its permission bits.</summary>
internal readonly record struct FileOwnership(int Uid, int Gid, UnixFileMode Mode);
