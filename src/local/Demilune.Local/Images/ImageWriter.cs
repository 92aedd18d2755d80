using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Demilune.Local.Images;

/// <summary>One file of an image to be written.</summary>
/// <param name="Path">Inside the image, absolute.</param>
/// <param name="Source">On this machine; null for a folder.</param>
/// <param name="LinkTarget">Not null: a symbolic link.</param>
internal sealed record ImageFile(string Path, string? Source, bool Executable = false, string? LinkTarget = null);

/// <summary>Writes an image of one layer as an OCI image layout (image-spec 1.1). The same files give the same bytes, on any day.</summary>
internal static class ImageWriter
{
    /// <summary>1980: some unpackers refuse what is older.</summary>
    internal static readonly DateTimeOffset Written = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private const int FolderMode = 0b111_101_101, ProgramMode = 0b111_101_101, FileMode = 0b110_100_100;

    /// <param name="reference">Under which it will be found.</param>
    /// <param name="folder">Replaced if it is there.</param>
    /// <returns>Digest of the image's configuration.</returns>
    public static string Write(string folder, string reference, IEnumerable<ImageFile> files, ImageConfig config, string architecture)
    {
        var staging = folder.TrimEnd('/') + ".new";
        if (Directory.Exists(staging)) Directory.Delete(staging, recursive: true);
        var blobs = Directory.CreateDirectory(Path.Combine(staging, "blobs", "sha256")).FullName;

        var (layer, layerSize, diffId) = WriteLayer(blobs, files);
        var configDigest = WriteBlob(blobs, Configuration(config, architecture, diffId), out var configSize);
        var manifest = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = OciMedia.Manifest,
            ["config"] = Descriptor(OciMedia.Config, configDigest, configSize),
            ["layers"] = new JsonArray(Descriptor(OciMedia.LayerGzip, layer, layerSize)),
        };
        var manifestDigest = WriteBlob(blobs, manifest, out var manifestSize);
        var described = Descriptor(OciMedia.Manifest, manifestDigest, manifestSize);
        described["platform"] = new JsonObject { ["architecture"] = architecture, ["os"] = "linux" };
        described["annotations"] = new JsonObject { [OciMedia.ReferenceName] = reference, [OciMedia.ContainerdName] = reference };
        File.WriteAllText(Path.Combine(staging, "index.json"), new JsonObject
        {
            ["schemaVersion"] = 2, ["mediaType"] = OciMedia.Index, ["manifests"] = new JsonArray(described),
        }.ToJsonString());
        File.WriteAllText(Path.Combine(staging, "oci-layout"), """{"imageLayoutVersion":"1.0.0"}""");
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Directory.Move(staging, folder);
        return configDigest;
    }

    private static (string Digest, long Size, string DiffId) WriteLayer(string blobs, IEnumerable<ImageFile> files)
    {
        var path = Path.Combine(blobs, "layer");
        string diffId;
        using (var file = File.Create(path))
        using (var gzip = new GZipStream(file, CompressionLevel.Optimal))
        using (var content = new HashingStream(gzip))
        {
            using (var tar = new TarWriter(content, TarEntryFormat.Pax, leaveOpen: true))
                foreach (var entry in WithFolders(files)) WriteEntry(tar, entry);
            diffId = content.Digest();
        }
        using var written = File.OpenRead(path);
        var (digest, size) = ($"sha256:{Convert.ToHexStringLower(SHA256.HashData(written))}", written.Length);
        written.Close();
        File.Move(path, Path.Combine(blobs, digest["sha256:".Length..]));
        return (digest, size, diffId);
    }

    /// <summary>Sorted, each path once, with every folder that leads to it.</summary>
    internal static IEnumerable<ImageFile> WithFolders(IEnumerable<ImageFile> files)
    {
        var all = new SortedDictionary<string, ImageFile>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            all[file.Path] = file;
            for (var parent = Path.GetDirectoryName(file.Path); parent is { Length: > 1 }; parent = Path.GetDirectoryName(parent))
                all.TryAdd(parent, new ImageFile(parent, null));
        }
        return all.Values;
    }

    private static void WriteEntry(TarWriter tar, ImageFile file)
    {
        var name = file.Path.TrimStart('/');
        using var source = file.Source is null ? null : File.OpenRead(file.Source);
        var entry = file switch
        {
            { LinkTarget: { } target } => new PaxTarEntry(TarEntryType.SymbolicLink, name) { LinkName = target },
            { Source: null } => new PaxTarEntry(TarEntryType.Directory, name + "/"),
            _ => new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = source },
        };
        entry.Mode = (UnixFileMode)(file.Source is null ? FolderMode : file.Executable ? ProgramMode : FileMode);
        entry.ModificationTime = Written;
        tar.WriteEntry(entry);
    }

    private static JsonObject Configuration(ImageConfig config, string architecture, string diffId) => new()
    {
        ["created"] = "1980-01-01T00:00:00Z",
        ["architecture"] = architecture,
        ["os"] = "linux",
        ["config"] = new JsonObject
        {
            ["Entrypoint"] = Strings(config.Entrypoint),
            ["Cmd"] = Strings(config.Command),
            ["Env"] = Strings(config.Environment),
            ["User"] = config.User,
            ["WorkingDir"] = config.WorkingDirectory,
        },
        ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = new JsonArray(diffId) },
    };

    private static JsonObject Descriptor(string mediaType, string digest, long size) => new() { ["mediaType"] = mediaType, ["digest"] = digest, ["size"] = size };

    private static string WriteBlob(string blobs, JsonObject content, out long size)
    {
        var bytes = Encoding.UTF8.GetBytes(content.ToJsonString());
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        File.WriteAllBytes(Path.Combine(blobs, hash), bytes);
        size = bytes.Length;
        return "sha256:" + hash;
    }

    private static JsonArray Strings(IEnumerable<string> values) => new([.. values.Select(value => (JsonNode)JsonValue.Create(value))]);
}

/// <summary>Media types and annotation names of the OCI image specification, and Docker's older ones for the same things.</summary>
internal static class OciMedia
{
    public const string Index = "application/vnd.oci.image.index.v1+json";
    public const string Manifest = "application/vnd.oci.image.manifest.v1+json";
    public const string Config = "application/vnd.oci.image.config.v1+json";
    public const string LayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
    public const string DockerIndex = "application/vnd.docker.distribution.manifest.list.v2+json";

    /// <summary>A tag or a whole reference, as its writer liked.</summary>
    public const string ReferenceName = "org.opencontainers.image.ref.name";

    /// <summary>A whole reference, as containerd exports it; it takes the other one for a tag of a name that it makes up.</summary>
    public const string ContainerdName = "io.containerd.image.name";
}
