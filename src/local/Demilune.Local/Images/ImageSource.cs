using System.Formats.Tar;

namespace Demilune.Local.Images;

/// <summary>A folder or a tar archive with an image in it: a few named files.</summary>
internal abstract class ImageSource
{
    /// <summary>An index or a manifest larger than this is not one.</summary>
    private const int MaxJsonBytes = 4 << 20;

    /// <summary>The layouts and archives of a folder, in name order.</summary>
    public static IEnumerable<ImageSource> In(string folder) => !Directory.Exists(folder) ? [] :
        Directory.EnumerateFileSystemEntries(folder).Order(StringComparer.Ordinal).Select(entry => (ImageSource?)(
            File.Exists(Path.Combine(entry, "index.json")) ? new LayoutFolder(entry) : Path.GetExtension(entry) is ".tar" && File.Exists(entry) ? new Archive(entry) : null))
        .OfType<ImageSource>();

    /// <summary>Where it is, for messages.</summary>
    public abstract string Location { get; }

    /// <returns>Null: there is no such file.</returns>
    public abstract Stream? Open(string name);

    /// <returns>Null: there is no such file.</returns>
    /// <exception cref="InvalidDataException">It is too large for what it says it is.</exception>
    public byte[]? Read(string name)
    {
        using var stream = Open(name);
        if (stream is null) return null;
        using var content = new MemoryStream();
        var buffer = new byte[64 << 10];
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            if (content.Length + read > MaxJsonBytes) throw new InvalidDataException($"{name} in {Location} has more than {MaxJsonBytes} bytes");
            content.Write(buffer, 0, read);
        }
        return content.ToArray();
    }

    private sealed class LayoutFolder(string folder) : ImageSource
    {
        public override string Location => folder;

        /// <summary>A link in a layout could lead anywhere on the machine.</summary>
        public override Stream? Open(string name) =>
            ScopedPath.Resolve(folder, name, followLast: true) is { } file && File.Exists(file) ? File.OpenRead(file) : null;
    }

    private sealed class Archive(string file) : ImageSource
    {
        public override string Location => file;

        public override Stream? Open(string name)
        {
            var stream = File.OpenRead(file);
            try
            {
                var reader = new TarReader(stream);
                while (reader.GetNextEntry() is { } entry)
                    if (Name(entry) == name && entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile && entry.DataStream is { } data)
                        return new Part(stream, data);
            }
            catch (Exception error) when (error is FormatException or EndOfStreamException or ArgumentException or OverflowException)
            {
                stream.Dispose();
                throw new InvalidDataException($"{file} is no tar archive: {error.Message}", error);
            }
            stream.Dispose();
            return null;
        }

        private static string Name(TarEntry entry) => entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name;
    }

    /// <summary>One file of an archive; ends the archive's stream with its own.</summary>
    private sealed class Part(Stream archive, Stream content) : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => content.Length;
        public override long Position { get => content.Position; set => throw new NotSupportedException(); }
        public override int Read(byte[] buffer, int offset, int count) => content.Read(buffer, offset, count);
        public override int Read(Span<byte> buffer) => content.Read(buffer);
        public override void Flush() => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing) archive.Dispose();
            base.Dispose(disposing);
        }
    }
}
