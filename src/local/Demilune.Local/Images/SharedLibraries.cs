namespace Demilune.Local.Images;

/// <summary>Finds what programs of this machine load, as its loader would.</summary>
internal static class SharedLibraries
{
    /// <summary>What ld.so looks through without a cache, on Debian and on systems with lib64.</summary>
    private static readonly string[] Folders =
    [
        "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib",
    ];

    /// <summary>Every library that the given files need, and that those need; each at the path where the loader will look.</summary>
    /// <param name="optional">Also these, with what they need, if the machine has them.</param>
    /// <param name="root">Looked through first, as if it were the root; null: only this machine.</param>
    /// <exception cref="InvalidDataException">One is not on this machine.</exception>
    public static IReadOnlyList<ImageFile> Of(IEnumerable<string> files, IReadOnlyList<string> optional, string? root = null)
    {
        var given = files.ToList();
        var beside = given.Select(Path.GetFileName).ToHashSet(StringComparer.Ordinal);
        var found = new SortedDictionary<string, ImageFile>(StringComparer.Ordinal);
        var pending = new Queue<string>(given);
        foreach (var name in optional)
            if (Locate(name, root) is { } path) Add(path);
        while (pending.TryDequeue(out var file))
        {
            if (!ElfNeeded.TryRead(ReadProgram(file), out var libraries, out var interpreter)) continue;
            if (interpreter is not null) Add((interpreter, interpreter));
            foreach (var name in libraries)
            {
                if (beside.Contains(name)) continue;    // it came with the program
                Add(Locate(name, root) ?? throw new InvalidDataException($"{file} needs {name}, which is not on this machine"));
            }
        }
        return [.. found.Values];

        void Add((string Inside, string Here) library)
        {
            if (found.TryAdd(library.Inside, new ImageFile(library.Inside, Resolved(library.Here), Executable: true))) pending.Enqueue(library.Here);
        }
    }

    private static (string Inside, string Here)? Locate(string name, string? root)
    {
        var paths = Folders.Select(folder => Path.Combine(folder, name)).ToList();
        if (root is not null && paths.Find(path => File.Exists(root + path)) is { } there) return (there, root + there);
        return paths.Find(File.Exists) is { } here ? (here, here) : null;
    }

    private static string Resolved(string path) => File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;

    /// <summary>Most files are not programs: four bytes tell.</summary>
    private static byte[] ReadProgram(string file)
    {
        using var stream = File.OpenRead(file);
        Span<byte> magic = stackalloc byte[4];
        return stream.ReadAtLeast(magic, 4, throwOnEndOfStream: false) == 4 && magic.SequenceEqual("\u007fELF"u8) ? File.ReadAllBytes(file) : [];
    }
}
