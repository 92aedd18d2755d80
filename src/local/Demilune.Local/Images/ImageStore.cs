using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Demilune.Local.Node;

namespace Demilune.Local.Images;

/// <summary>The images this node can run: the built-in one, and what lies in its image folder. No registry is ever asked.</summary>
/// <param name="folder">OCI layouts and archives; looked through each time, so that a new one is found at once.</param>
/// <param name="unpacked">Where file systems of images are kept, by the digest of their configuration.</param>
/// <param name="hidden">Folders of the node itself, hidden in the built-in image.</param>
#pragma warning disable CA1001   // the semaphore holds nothing to dispose of while nobody asks for its wait handle
internal sealed class ImageStore(string? folder, string unpacked, IReadOnlyList<string> hidden, UnpackLimits? limits = null)
#pragma warning restore CA1001
{
    /// <summary>chown(1) takes its paths as arguments, and the kernel 2 MB of those.</summary>
    private const int PathsPerCommand = 500;

    private readonly SemaphoreSlim _unpacking = new(1, 1);
    private readonly ConcurrentDictionary<string, Image> _known = new(StringComparer.Ordinal);

    /// <exception cref="NodeException">There is no such image here, or it is broken; the reason is kubelet's word for it under this policy.</exception>
    public async Task<Image> OpenAsync(string reference, string? pullPolicy, CancellationToken cancellation)
    {
        var wanted = ImageReference.Normalise(reference);
        if (wanted == HostImage.Reference) return HostImage.Open(hidden);
        await _unpacking.WaitAsync(cancellation);
        try
        {
            foreach (var source in folder is null ? [] : ImageSource.In(folder))
                if (ImageManifest.Find(source, wanted) is { } manifest) return await OpenAsync(wanted, manifest, cancellation);
        }
        catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new NodeException($"image {reference}: {error.Message}", "ErrImagePull", error);
        }
        finally
        {
            _unpacking.Release();
        }
        throw pullPolicy is "Never"
            ? new NodeException($"Container image \"{reference}\" is not present with pull policy of Never; it would have to be in {Where}", "ErrImageNeverPull")
            : new NodeException($"image {reference} is not in {Where}, and no registry is asked: put an OCI layout or archive there", "ErrImagePull");
    }

    private string Where => folder ?? "an image folder (none is set: --image-directory)";

    private async Task<Image> OpenAsync(string reference, ImageManifest manifest, CancellationToken cancellation)
    {
        var bytes = manifest.Source.Read(manifest.ConfigPath) ?? throw new InvalidDataException($"{manifest.Source.Location}: configuration {manifest.ConfigPath} is missing");
        var id = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));
        if (manifest.ConfigDigest is { } promised && promised != id) throw new InvalidDataException($"{manifest.Source.Location}: configuration {promised} has the digest {id}");
        if (_known.TryGetValue(id, out var known)) return known with { Reference = reference };
        var (config, diffIds) = ReadConfig(bytes, manifest.Source.Location);
        var root = Path.Combine(unpacked, id["sha256:".Length..]);
        if (!Directory.Exists(root)) await UnpackAsync(manifest, diffIds, root, cancellation);
        return _known[id] = new Image(reference, id, root, config);
    }

    private async Task UnpackAsync(ImageManifest manifest, ImmutableArray<string> diffIds, string root, CancellationToken cancellation)
    {
        if (diffIds.Length != manifest.Layers.Length) throw new InvalidDataException($"{manifest.Source.Location}: {manifest.Layers.Length} layers, but the configuration knows {diffIds.Length}");
        var staging = root + ".new";
        if (Directory.Exists(staging)) Directory.Delete(staging, recursive: true);      // an earlier attempt was interrupted
        Directory.CreateDirectory(staging);
        try
        {
            var unpacker = new LayerUnpacker(staging, limits ?? new UnpackLimits());
            foreach (var ((path, digest), diffId) in manifest.Layers.Zip(diffIds)) UnpackLayer(manifest.Source, unpacker, path, digest, diffId);
            await OwnAsync(unpacker.Ownership, cancellation);
            Directory.Move(staging, root);
        }
        catch
        {
            Directory.Delete(staging, recursive: true);
            throw;
        }
    }

    private void UnpackLayer(ImageSource source, LayerUnpacker unpacker, string path, string? digest, string diffId)
    {
        using var file = source.Open(path) ?? throw new InvalidDataException($"{source.Location}: layer {path} is missing");
        using var blob = new HashingStream(file);
        using var content = new HashingStream(Decompress(new BufferedStream(blob, 128 << 10), source, path)) { MaxBytes = (limits ?? new UnpackLimits()).MaxBytes };
        unpacker.Apply(content);
        content.CopyTo(Stream.Null);    // what stands behind the archive's end belongs to the digests
        blob.CopyTo(Stream.Null);
        if (content.Digest() is var actual && actual != diffId) throw new InvalidDataException($"{source.Location}: layer {path} unpacks to {actual}, not to {diffId}");
        if (digest is not null && blob.Digest() is var compressed && compressed != digest) throw new InvalidDataException($"{source.Location}: layer {digest} has the digest {compressed}");
    }

    /// <summary>The first bytes tell: media types are often wrong, and docker's archives have none.</summary>
    private static Stream Decompress(BufferedStream blob, ImageSource source, string path)
    {
        var (first, second) = (blob.ReadByte(), blob.ReadByte());
        var whole = new Prefixed([(byte)first, (byte)second], blob);
        return (first, second) switch
        {
            (0x1f, 0x8b) => new GZipStream(whole, CompressionMode.Decompress),
            (0x28, 0xb5) => throw new InvalidDataException($"{source.Location}: layer {path} is compressed with zstd; this node reads gzip and plain tar"),
            (-1, _) or (_, -1) => throw new InvalidDataException($"{source.Location}: layer {path} is empty"),
            _ => whole,
        };
    }

    private static async Task OwnAsync(IReadOnlyDictionary<string, FileOwnership> ownership, CancellationToken cancellation)
    {
        foreach (var owner in ownership.Where(pair => (pair.Value.Uid, pair.Value.Gid) is not (0, 0) && Path.Exists(pair.Key)).GroupBy(pair => (pair.Value.Uid, pair.Value.Gid)))
            foreach (var paths in owner.Select(pair => pair.Key).Chunk(PathsPerCommand))
                await HostCommand.RequireAsync(
                    "chown", ["--no-dereference", string.Create(CultureInfo.InvariantCulture, $"{owner.Key.Uid}:{owner.Key.Gid}"), "--", .. paths], cancellation);
        // After the owners: a change of owner clears set-user-id.
        foreach (var (path, wanted) in ownership)
            if (Path.Exists(path) && new FileInfo(path).LinkTarget is null) File.SetUnixFileMode(path, wanted.Mode);
    }

    private static (ImageConfig Config, ImmutableArray<string> DiffIds) ReadConfig(byte[] bytes, string location)
    {
        try
        {
            var root = JsonNode.Parse(bytes) as JsonObject ?? throw new FormatException("not a JSON object");
            var config = root["config"] as JsonObject ?? [];
            return (new ImageConfig
            {
                Entrypoint = Strings(config["Entrypoint"]),
                Command = Strings(config["Cmd"]),
                Environment = Strings(config["Env"]),
                User = config["User"]?.GetValue<string>() ?? "",
                WorkingDirectory = config["WorkingDir"]?.GetValue<string>() is { Length: > 0 } folder ? folder : "/",
                StopSignal = config["StopSignal"]?.GetValue<string>(),
            }, Strings(root["rootfs"]?["diff_ids"]));
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{location}: the image's configuration is broken: {error.Message}", error);
        }
    }

    private static ImmutableArray<string> Strings(JsonNode? array) => [.. (array as JsonArray ?? []).Select(item => item?.GetValue<string>()).OfType<string>()];

    /// <summary>Gives back the bytes that were looked at.</summary>
    private sealed class Prefixed(byte[] prefix, Stream rest) : Stream
    {
        private int _given;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(Span<byte> buffer)
        {
            if (_given == prefix.Length) return rest.Read(buffer);
            var part = prefix.AsSpan(_given, Math.Min(buffer.Length, prefix.Length - _given));
            part.CopyTo(buffer);
            _given += part.Length;
            return part.Length;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
        public override void Flush() => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
