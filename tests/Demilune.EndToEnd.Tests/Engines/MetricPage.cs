using System.Globalization;

namespace Demilune.EndToEnd.Tests.Engines;

/// <summary>The controller's metrics at one moment.</summary>
internal sealed class MetricPage
{
    private readonly string[] _lines;

    private MetricPage(string text) => _lines = text.Split('\n');

    public static async Task<MetricPage> ReadAsync(Uri rest, CancellationToken stop)
    {
        using var client = new HttpClient { BaseAddress = rest };
        return new(await client.GetStringAsync(new Uri("/metrics", UriKind.Relative), stop));
    }

    /// <summary>Of each set of labels.</summary>
    public double[] All(string name) =>
    [
        .. _lines.Where(line => line.StartsWith(name, StringComparison.Ordinal) && line[name.Length] is ' ' or '{')
            .Select(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture)),
    ];

    public double Sum(string name) => All(name).Sum();
}
