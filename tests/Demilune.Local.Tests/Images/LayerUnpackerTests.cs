using System.Formats.Tar;
using CsCheck;
using Demilune.Local.Images;

namespace Demilune.Local.Tests.Images;

/// <summary>Layers written by someone who wants out.</summary>
public sealed class LayerUnpackerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("localnode-unpack-").FullName;

    private string Root => Directory.CreateDirectory(Path.Combine(_folder, "root")).FullName;
    private string Outside => Path.Combine(_folder, "outside");

    [Theory]
    [InlineData("../outside")]
    [InlineData("a/../../outside")]
    [InlineData("/../outside")]
    [InlineData("a/../../../../../../../tmp/x")]
    public void A_name_with_dots_is_refused(string name) =>
        Assert.Throws<InvalidDataException>(() => Unpack(Tar(File("a/b", "x"), File(name, "bad"))));

    [Fact]
    public void An_absolute_name_stays_inside()
    {
        Unpack(Tar(File("/etc/passwd", "mine")));
        Assert.Equal("mine", Read("etc/passwd"));
    }

    [Theory]
    [InlineData("../../")]
    [InlineData("/")]
    public void A_link_out_is_followed_inside_only(string target)
    {
        Unpack(Tar(Link("escape", target), File("escape/outside", "mine")));
        Assert.False(Path.Exists(Outside));
        Assert.Equal("mine", Read("outside"));
    }

    [Fact]
    public void A_link_to_a_file_outside_is_replaced_not_written_through()
    {
        System.IO.File.WriteAllText(Outside, "untouched");
        Unpack(Tar(Link("file", Outside), File("file", "mine")));
        Assert.Equal("untouched", System.IO.File.ReadAllText(Outside));
        Assert.Equal("mine", Read("file"));
    }

    [Fact]
    public void Links_in_a_circle_end() =>
        Assert.Throws<InvalidDataException>(() => Unpack(Tar(Link("a", "b"), Link("b", "a"), File("a/x", "x"))));

    [Fact]
    public void A_hard_link_out_is_refused()
    {
        System.IO.File.WriteAllText(Outside, "secret");
        Assert.Throws<InvalidDataException>(() => Unpack(Tar(new PaxTarEntry(TarEntryType.HardLink, "stolen") { LinkName = "../outside" })));
        Assert.Throws<InvalidDataException>(() => Unpack(Tar(Link("l", Outside), new PaxTarEntry(TarEntryType.HardLink, "stolen") { LinkName = "l" })));
    }

    [Theory]
    [InlineData(TarEntryType.CharacterDevice)]
    [InlineData(TarEntryType.BlockDevice)]
    [InlineData(TarEntryType.Fifo)]
    public void A_device_is_refused(TarEntryType type) => Assert.Throws<InvalidDataException>(() => Unpack(Tar(new PaxTarEntry(type, "dev/sda"))));

    [Fact]
    public void Too_much_is_refused_however_it_is_cut()
    {
        var limits = new UnpackLimits(MaxBytes: 100, MaxEntries: 5);
        Assert.Throws<InvalidDataException>(() => Unpack(limits, Tar(File("a", new string('x', 101)))));
        Assert.Throws<InvalidDataException>(() => Unpack(limits, Tar(File("a", new string('x', 60))), Tar(File("b", new string('x', 60)))));
        Assert.Throws<InvalidDataException>(() => Unpack(limits, Tar([.. Enumerable.Range(0, 6).Select(i => File($"f{i}", ""))])));
        Assert.Throws<InvalidDataException>(() => Unpack(limits, Tar(File("a", new string('x', 60)), new PaxTarEntry(TarEntryType.HardLink, "b") { LinkName = "a" })));
    }

    [Fact]
    public void A_whiteout_hides_what_lay_below()
    {
        Unpack(Tar(File("a/x", "1"), File("a/y", "2"), File("b/z", "3")), Tar(File("a/.wh.x", ""), File(".wh.b", "")));
        Assert.False(Path.Exists(Path.Combine(Root, "a/x")));
        Assert.Equal("2", Read("a/y"));
        Assert.False(Path.Exists(Path.Combine(Root, "b")));
    }

    [Fact]
    public void An_opaque_folder_shows_only_its_own_layer()
    {
        Unpack(Tar(File("a/old", "1")), Tar(File("a/new", "2"), File("a/.wh..wh..opq", "")));
        Assert.Equal([Path.Combine(Root, "a/new")], Directory.GetFiles(Path.Combine(Root, "a")));
    }

    [Fact]
    public void A_whiteout_cannot_reach_out()
    {
        System.IO.File.WriteAllText(Outside, "untouched");
        Unpack(Tar(Link("up", "..")), Tar(File("up/.wh.outside", "")));
        Assert.Throws<InvalidDataException>(() => Unpack(Tar(File("a/.wh...", ""))));
        Assert.Equal("untouched", System.IO.File.ReadAllText(Outside));
    }

    [Fact]
    public void Any_bytes_are_an_archive_or_refused_and_nothing_is_written_outside() =>
        Gen.Select(Gen.Int[0, 3000], Gen.Byte).Array[0, 20].Sample(changes =>
        {
            var bytes = Tar(File("a/b", "text"), Link("l", ".."), File("l/c", "x")).ToArray();
            foreach (var (at, value) in changes)
                if (at < bytes.Length) bytes[at] = value;
            try
            {
                Unpack(new MemoryStream(bytes));
            }
            catch (InvalidDataException)
            {
            }
            catch (IOException)
            {
                // A name that the file system does not take.
            }
            return Directory.GetFileSystemEntries(_folder) is [var only] && only == Root;
        }, iter: 300, threads: 1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Unpack(params MemoryStream[] layers) => Unpack(new UnpackLimits(), layers);

    private void Unpack(UnpackLimits limits, params MemoryStream[] layers)
    {
        var unpacker = new LayerUnpacker(Root, limits);
        foreach (var layer in layers) unpacker.Apply(layer);
    }

    private string Read(string path) => System.IO.File.ReadAllText(Path.Combine(Root, path));

    private static MemoryStream Tar(params TarEntry[] entries)
    {
        var stream = new MemoryStream();
        using (var writer = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true))
            foreach (var entry in entries) writer.WriteEntry(entry);
        stream.Position = 0;
        return stream;
    }

    private static PaxTarEntry File(string name, string content) =>
        new(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)) };

    private static PaxTarEntry Link(string name, string target) => new(TarEntryType.SymbolicLink, name) { LinkName = target };
}
