using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Demilune.Controller.Cloud;

/// <summary>OpenStack's clouds.yaml, and the secure.yaml beside it that may hold the secrets.</summary>
internal static class CloudsFile
{
    /// <summary>Where OpenStack's own tools look, in their order, when no file is named.</summary>
    public static IEnumerable<string> UsualPlaces() =>
    [
        Path.GetFullPath("clouds.yaml"),
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config", "openstack", "clouds.yaml"),
        "/etc/openstack/clouds.yaml",
    ];

    /// <param name="file">Null or empty: the first of <see cref="UsualPlaces"/> that is there.</param>
    /// <exception cref="CloudConfigException">No file, no such cloud, or something in it that makes no sense; the message names file, cloud and key.</exception>
    public static CloudConfig Load(string cloud, string? file)
    {
        if (string.IsNullOrEmpty(file))
            file = UsualPlaces().FirstOrDefault(File.Exists)
                ?? throw new CloudConfigException($"cloud \"{cloud}\": there is no clouds.yaml ({string.Join(", ", UsualPlaces())}); name one with --os-client-config-file or OS_CLIENT_CONFIG_FILE");
        var root = Read(file);
        var secure = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, "secure.yaml");
        var entry = Cloud(root, cloud) ?? throw new CloudConfigException($"{file} has no cloud \"{cloud}\"; it has {Names(root)}");
        if (File.Exists(secure) && Cloud(Read(secure), cloud) is { } secrets) Merge(entry, secrets);
        return CloudReader.Read($"{file}, cloud \"{cloud}\"", cloud, entry, Path.GetDirectoryName(Path.GetFullPath(file))!);
    }

    private static YamlMappingNode Read(string file)
    {
        try
        {
            using var reader = new StreamReader(file);
            var yaml = new YamlStream();
            yaml.Load(reader);
            return yaml.Documents.Count > 0 && yaml.Documents[0].RootNode is YamlMappingNode root ? root : new();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CloudConfigException(failure.Message);
        }
        catch (YamlException failure)
        {
            throw new CloudConfigException($"{file}:{failure.Start.Line}: {failure.Message}");
        }
    }

    private static YamlMappingNode? Cloud(YamlMappingNode root, string cloud) =>
        Clouds(root)?.Children.FirstOrDefault(child => child.Key is YamlScalarNode key && key.Value == cloud).Value as YamlMappingNode;

    private static YamlMappingNode? Clouds(YamlMappingNode root) =>
        root.Children.TryGetValue(new YamlScalarNode("clouds"), out var clouds) ? clouds as YamlMappingNode : null;

    private static string Names(YamlMappingNode root) =>
        Clouds(root) is { Children.Count: > 0 } clouds ? string.Join(", ", clouds.Children.Keys.OfType<YamlScalarNode>().Select(key => key.Value)) : "none";

    private static void Merge(YamlMappingNode into, YamlMappingNode from)
    {
        foreach (var (key, value) in from.Children)
        {
            if (value is YamlMappingNode more && into.Children.TryGetValue(key, out var there) && there is YamlMappingNode known) Merge(known, more);
            else into.Children[key] = value;
        }
    }
}

/// <summary>What was said of the cloud makes no sense; the message names where, what, and the way out.</summary>
internal sealed class CloudConfigException(string message) : Exception(message);
