using System.Formats.Tar;

namespace Demilune.Local.Images;

/// <summary>An OCI layout as one file, as <c>ctr images import</c> and <c>podman load</c> take it.</summary>
internal static class ImageArchive
{
    /// <param name="layout">The folder of an OCI layout.</param>
    /// <param name="file">Replaced if it is there.</param>
    public static void Write(string layout, string file)
    {
        using (var stream = File.Create(file + ".new"))
        using (var tar = new TarWriter(stream, TarEntryFormat.Ustar))
            foreach (var source in Directory.EnumerateFiles(layout, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                using var content = File.OpenRead(source);
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, Path.GetRelativePath(layout, source))
                {
                    DataStream = content, ModificationTime = ImageWriter.Written, Mode = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
                });
            }
        File.Move(file + ".new", file, overwrite: true);
    }
}
