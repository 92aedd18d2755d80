using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Demilune.Local.Images;

/// <summary>What an image consists of, and where its parts are in its source.</summary>
/// <param name="ConfigPath">Name of the configuration in the source.</param>
/// <param name="Layers">From the lowest; a digest only where the source gives one.</param>
internal sealed record ImageManifest(ImageSource Source, string ConfigPath, string? ConfigDigest, ImmutableArray<(string Path, string? Digest)> Layers)
{
    /// <summary>An index in an index in an index is not an image any more.</summary>
    private const int MaxIndexDepth = 4;

    private const string DockerLayers = "Layers";

    /// <summary>Looks for a reference in one source: as an OCI layout, else as Docker saves images.</summary>
    /// <returns>Null: it is not in it.</returns>
    /// <exception cref="InvalidDataException">The source is broken; the message names it.</exception>
    public static ImageManifest? Find(ImageSource source, string reference)
    {
        try
        {
            return InLayout(source, reference) ?? InDockerArchive(source, reference);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{source.Location} is no image: {error.Message}", error);
        }
    }

    private static ImageManifest? InLayout(ImageSource source, string reference)
    {
        if (source.Read("index.json") is not { } bytes || JsonNode.Parse(bytes) is not JsonObject index) return null;
        foreach (var described in Manifests(index))
        {
            var names = described["annotations"] is JsonObject annotations
                ? ((string[])[OciMedia.ContainerdName, OciMedia.ReferenceName]).Select(name => annotations[name]?.GetValue<string>()).OfType<string>()
                : [];
            if (names.Any(name => ImageReference.Normalise(name) == reference)) return Manifest(source, described, depth: 0);
        }
        return null;
    }

    private static ImageManifest Manifest(ImageSource source, JsonObject described, int depth)
    {
        var digest = described["digest"]?.GetValue<string>() ?? throw new FormatException("a descriptor without a digest");
        var content = JsonNode.Parse(Blob(source, digest)) as JsonObject ?? throw new FormatException($"blob {digest} is not a JSON object");
        if (content["manifests"] is not null)
        {
            if (depth == MaxIndexDepth) throw new FormatException("indices are nested too deeply");
            var all = Manifests(content).ToList();
            var fitting = all.FirstOrDefault(each => each["platform"] is null || (each["platform"]!["os"]?.GetValue<string>() is "linux" && each["platform"]!["architecture"]?.GetValue<string>() == Architecture()));
            return Manifest(source, fitting ?? throw new FormatException($"no image for linux/{Architecture()}"), depth + 1);
        }
        var config = content["config"]?["digest"]?.GetValue<string>() ?? throw new FormatException("a manifest without a configuration");
        var layers = content["layers"] as JsonArray ?? throw new FormatException("a manifest without layers");
        return new ImageManifest(source, BlobPath(config), config, [.. layers.Select(layer => layer?["digest"]?.GetValue<string>() ?? throw new FormatException("a layer without a digest")).Select(layer => (BlobPath(layer), (string?)layer))]);
    }

    /// <summary><c>docker save</c>: manifest.json names the parts.</summary>
    private static ImageManifest? InDockerArchive(ImageSource source, string reference)
    {
        if (source.Read("manifest.json") is not { } bytes || JsonNode.Parse(bytes) is not JsonArray images) return null;
        foreach (var image in images.OfType<JsonObject>())
        {
            if (!(image["RepoTags"] as JsonArray ?? []).Any(tag => tag is not null && ImageReference.Normalise(tag.GetValue<string>()) == reference)) continue;
            var config = image["Config"]?.GetValue<string>() ?? throw new FormatException("an image without Config");
            return new ImageManifest(source, config, null, [.. (image[DockerLayers] as JsonArray ?? []).Select(layer => (layer!.GetValue<string>(), (string?)null))]);
        }
        return null;
    }

    private static byte[] Blob(ImageSource source, string digest)
    {
        var content = source.Read(BlobPath(digest)) ?? throw new FormatException($"blob {digest} is missing");
        var actual = "sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content));
        return actual == digest ? content : throw new FormatException($"blob {digest} has the digest {actual}");
    }

    /// <summary>Only what is a digest becomes a path.</summary>
    private static string BlobPath(string digest) =>
        digest.Split(':', 2) is ["sha256", { Length: 64 } hash] && hash.All(char.IsAsciiHexDigitLower)
            ? $"blobs/sha256/{hash}"
            : throw new FormatException($"{digest} is no sha256 digest");

    private static IEnumerable<JsonObject> Manifests(JsonObject index) => (index["manifests"] as JsonArray ?? []).OfType<JsonObject>();

    private static string Architecture() => RuntimeInformation.OSArchitecture is System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64";
}
