namespace Demilune.Linux.Tests.Bpf;

/// <summary>The object in the repository, found from wherever the tests run.</summary>
internal static class SpliceObject
{
    public static string Path { get; } = Find();

    private static string Find()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
            if (File.Exists(System.IO.Path.Combine(directory.FullName, "bpf", "splice.bpf.o")))
                return System.IO.Path.Combine(directory.FullName, "bpf", "splice.bpf.o");
        throw new FileNotFoundException("bpf/splice.bpf.o, in any directory above the tests");
    }
}
