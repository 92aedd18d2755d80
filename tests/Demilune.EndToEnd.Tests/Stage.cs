using System.Globalization;
using Demilune.Cli.Cluster;

namespace Demilune.EndToEnd.Tests;

/// <summary>What the end-to-end tests stand on: the built programs, root, and directories and ports of their own.</summary>
internal static class Stage
{
    public static string Top { get; } = FindTop();

    private static string Artifacts => Environment.GetEnvironmentVariable("DEMILUNE_ARTIFACTS") ?? Path.Combine(Top, "artifacts");

    public static string Programs => Path.Combine(Artifacts, "bin");

    public static string Examples => Path.Combine(Top, "examples", "l7-security");

    /// <summary>Root of Suricata as eng/suricata.sh unpacks it; null: it is not here.</summary>
    public static string? Suricata => Path.Combine(Artifacts, "suricata", "root") is var root && Directory.Exists(root) ? root : null;

    /// <summary>Whether what takes minutes is asked for: <c>./test --all</c>.</summary>
    public static bool IsAll => Environment.GetEnvironmentVariable("DEMILUNE_TEST_ALL") is not null;

    /// <summary>Why these tests cannot run here; null if they can.</summary>
    public static string? Obstacle =>
        Environment.UserName != "root" ? "needs root"
        : !File.Exists(Path.Combine(Programs, "Demilune.Cli", "demilune")) ? "the programs are not built: ./test does that"
        : null;

    /// <summary>Another one for each checkout whose tests run at the same time: $DEMILUNE_TEST_STAGE, 0, 10 … 40.</summary>
    private static int First { get; } = int.TryParse(Environment.GetEnvironmentVariable("DEMILUNE_TEST_STAGE"), CultureInfo.InvariantCulture, out var first) ? first : 0;

    /// <param name="number">0 to 9: different numbers can run side by side, and beside a cluster started by ./run.</param>
    public static ClusterLayout Layout(int number) => At(First + number);

    private static ClusterLayout At(int number) => new(
        Programs, $"/var/lib/demilune/e2e-{number}", $"/run/demilune/e2e-{number}", $"/sys/fs/bpf/demilune/e2e-{number}")
    {
        Rules = Path.Combine(Top, "rules"),
        ApiPort = 16443 + number,
        LinkPort = 17443 + number,
        RestPort = 18480 + number,
        NeutronPort = 19696 + number,
        ConsolePort = 21481 + number,
        PodNetwork4 = string.Create(CultureInfo.InvariantCulture, $"10.{200 + number}.0.0/16"),
        PodNetwork6 = string.Create(CultureInfo.InvariantCulture, $"fd00:{200 + number}::/64"),
    };

    private static string FindTop()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Demilune.slnx"))) directory = Path.GetDirectoryName(directory)!;
        return directory;
    }
}
