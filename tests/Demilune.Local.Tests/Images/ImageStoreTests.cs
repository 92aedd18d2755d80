using CsCheck;
using Demilune.Local.Images;
using Demilune.Local.Node;

namespace Demilune.Local.Tests.Images;

public sealed class ImageStoreTests : IDisposable
{
    private const string Reference = "example.org/tool:1";

    private readonly string _folder = Directory.CreateTempSubdirectory("localnode-images-").FullName;

    private string Layouts => Directory.CreateDirectory(Path.Combine(_folder, "layouts")).FullName;
    private ImageStore Store => new(Layouts, Directory.CreateDirectory(Path.Combine(_folder, "roots")).FullName, []);

    [Fact]
    public async Task What_was_written_is_found_and_unpacked()
    {
        var id = WriteImage("tool");
        var image = await Store.OpenAsync(Reference, null, TestContext.Current.CancellationToken);
        Assert.Equal(id, image.Id);
        Assert.Equal(["/bin/tool"], image.Config.Entrypoint);
        Assert.Equal("content", await File.ReadAllTextAsync(Path.Combine(image.RootPath, "bin/tool"), TestContext.Current.CancellationToken));
        Assert.True((File.GetUnixFileMode(Path.Combine(image.RootPath, "bin/tool")) & UnixFileMode.UserExecute) != 0);
    }

    [Fact]
    public async Task An_archive_is_found_like_a_layout()
    {
        var id = WriteImage("tool");
        ImageArchive.Write(Path.Combine(Layouts, "tool"), Path.Combine(Layouts, "tool.tar"));
        Directory.Delete(Path.Combine(Layouts, "tool"), recursive: true);
        Assert.Equal(id, (await Store.OpenAsync(Reference, null, TestContext.Current.CancellationToken)).Id);
    }

    [Fact]
    public void The_same_files_give_the_same_bytes()
    {
        WriteImage("one");
        Thread.Sleep(10);
        WriteImage("two");
        Assert.Equal(File.ReadAllText(Path.Combine(Layouts, "one", "index.json")), File.ReadAllText(Path.Combine(Layouts, "two", "index.json")));
    }

    [Theory]
    [InlineData("Never", "ErrImageNeverPull")]
    [InlineData("IfNotPresent", "ErrImagePull")]
    public async Task What_is_not_there_says_where_it_should_be(string policy, string reason)
    {
        var error = await Assert.ThrowsAsync<NodeException>(() => Store.OpenAsync(Reference, policy, TestContext.Current.CancellationToken));
        Assert.Equal(reason, error.Reason);
        Assert.Contains(Layouts, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_layer_that_was_changed_is_not_run()
    {
        WriteImage("tool");
        var layer = new DirectoryInfo(Path.Combine(Layouts, "tool/blobs/sha256")).GetFiles().First(file =>
        {
            using var stream = file.OpenRead();
            return stream.ReadByte() == 0x1f;
        });
        await using (var stream = layer.OpenWrite())
        {
            stream.Position = 4;    // gzip's time stamp: unpacks to the same
            stream.WriteByte(42);
        }
        var error = await Assert.ThrowsAsync<NodeException>(() => Store.OpenAsync(Reference, null, TestContext.Current.CancellationToken));
        Assert.Contains("digest", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_folder, "roots")));
    }

    [Theory]
    [InlineData("nginx", "docker.io/library/nginx:latest")]
    [InlineData("me/app:2", "docker.io/me/app:2")]
    [InlineData("localhost/app", "localhost/app:latest")]
    [InlineData("registry:5000/a/b", "registry:5000/a/b:latest")]
    [InlineData("demilune.local/host:latest", "demilune.local/host:latest")]
    public void References_have_one_full_form(string written, string full) => Assert.Equal(full, ImageReference.Normalise(written));

    [Fact]
    public void A_program_names_its_loader_and_libraries()
    {
        Assert.True(ElfNeeded.TryRead(File.ReadAllBytes("/bin/sh"), out var libraries, out var interpreter));
        Assert.Contains("libc.so.6", libraries);
        Assert.StartsWith("/lib", interpreter);
    }

    [Fact]
    public void No_broken_program_throws()
    {
        var program = File.ReadAllBytes("/bin/sh")[..4096];
        Gen.Select(Gen.Int[0, 4095], Gen.Byte).Array[1, 30].Sample(changes =>
        {
            var bytes = program.ToArray();
            foreach (var (at, value) in changes) bytes[at] = value;
            ElfNeeded.TryRead(bytes, out _, out _);
        });
    }

    [Fact]
    public void The_host_image_shows_no_folder_that_nobody_thought_of()
    {
        var hidden = HostImage.Hidden(["/usr", "/root", "/home", "/secret-stuff", "/etc"], ["/opt/demilune"]);
        Assert.All((string[])["/root", "/home", "/secret-stuff", "/opt/demilune", "/etc/shadow", "/var/lib/demilune"], path => Assert.Contains(path, hidden));
        Assert.DoesNotContain("/usr", hidden);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string WriteImage(string name)
    {
        var source = Path.Combine(_folder, "source");
        File.WriteAllText(source, "content");
        return ImageWriter.Write(
            Path.Combine(Layouts, name), Reference, [new ImageFile("/bin/tool", source, Executable: true), new ImageFile("/bin/alias", null, LinkTarget: "tool")],
            new ImageConfig { Entrypoint = ["/bin/tool"] }, System.Runtime.InteropServices.RuntimeInformation.OSArchitecture is System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64");
    }
}
