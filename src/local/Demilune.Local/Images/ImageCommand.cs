namespace Demilune.Local.Images;

/// <summary><c>demilune-local image …</c>: writes images to run from.</summary>
internal static class ImageCommand
{
    public const string Usage = """
        usage: demilune-local image NAME --from DIR [--rules DIR] [--suricata DIR] [--cni DIR] (--output DIR | --archive FILE)

          firewall    demilune-firewall; --rules DIR: its detection rules
          suricata    the same with Suricata as its engine; --rules DIR; --suricata DIR: the root that eng/suricata.sh unpacks
          node        demilune-node; --cni DIR: the published CNI plugin
          controller  demilune-controller

          --from DIR      the published program
          --output DIR    write an OCI image layout, as --image-directory takes it
          --archive FILE  write an OCI archive: ctr -n k8s.io images import FILE

        The image is demilune.local/NAME:latest, holds the program, this machine's .NET runtime and shared libraries, and is the same bytes
        whenever it is written.
        """;

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is ["--help" or "-h"])
        {
            await Console.Out.WriteLineAsync(Usage);
            return 0;
        }
        if (arguments is not [var name, .. var flags] || ProgramImage.All.FirstOrDefault(one => one.Name == name) is not { } image
            || !TryParse(flags, image, out var from, out var extra, out var output, out var archive))
        {
            await Console.Error.WriteLineAsync(Usage);
            return 2;
        }
        var layout = output ?? archive + ".layout";
        try
        {
            image.Write(from, extra, layout);
            if (archive is not null) ImageArchive.Write(layout, archive);
            if (output is null) Directory.Delete(layout, recursive: true);
            return 0;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            await Console.Error.WriteLineAsync($"demilune-local image {name}: {error.Message}");
            return 1;
        }
    }

    private static bool TryParse(
        string[] flags, ProgramImage image, out string from, out Dictionary<string, string> extra, out string? output, out string? archive)
    {
        var values = flags.Chunk(2).Where(pair => pair.Length == 2).DistinctBy(pair => pair[0]).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        from = values.GetValueOrDefault("--from", "");
        extra = values.Where(value => image.Extra.ContainsKey(value.Key)).ToDictionary(StringComparer.Ordinal);
        (output, archive) = (values.GetValueOrDefault("--output"), values.GetValueOrDefault("--archive"));
        return from is not "" && extra.Count == image.Extra.Count && (output is not null || archive is not null)
            && values.Count * 2 == flags.Length && values.Count == 1 + extra.Count + (output is null ? 0 : 1) + (archive is null ? 0 : 1);
    }
}
