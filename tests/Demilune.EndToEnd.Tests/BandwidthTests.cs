using System.Globalization;
using System.Text.Json.Nodes;
using Demilune.Cli.Walk;
using Demilune.EndToEnd.Tests.Engines;

namespace Demilune.EndToEnd.Tests;

/// <summary>From a pod's annotation over Raven, Neutron's QoS policies and the node to the kernel, and through a firewall.</summary>
[Collection(ShopCollection.Name)]
public sealed class BandwidthTests(DemiluneFixture shop, ITestOutputHelper output)
{
    private const string Egress = "kubernetes.io/egress-bandwidth", Ingress = "kubernetes.io/ingress-bandwidth";

    /// <summary>Of the limits that are set here, in bits a second.</summary>
    private const double Limit = 8_000_000;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("web", Egress)]
    [InlineData("client", Ingress)]
    public async Task A_pods_bandwidth_is_held_while_it_runs_until_the_annotation_goes(string pod, string annotation)
    {
        shop.SkipWhereImpossible();
        await UntilAsync("the way is free", async () => await RateAsync(8_000_000) > 2 * Limit);
        await AnnotateAsync(pod, $"{annotation}=8M");
        await UntilAsync("the limit holds", async () => await RateAsync(1_000_000) < 1.1 * Limit);
        var held = await RateAsync(6_000_000);
        Assert.True(held < 1.1 * Limit, $"{held / 1e6:F2} Mbit/s");
        output.WriteLine($"{pod}, {annotation}: {held / Limit:F3} of the limit as payload of TCP (95.6 % are possible)");
        await AnnotateAsync(pod, $"{annotation}-");
        await UntilAsync("the way is free again", async () => await RateAsync(8_000_000) > 2 * Limit);
        using var neutron = new HttpClient { BaseAddress = shop.Cluster.Layout.Neutron };
        Assert.DoesNotContain("bandwidth", await neutron.GetStringAsync(new Uri("v2.0/qos/policies", UriKind.Relative), Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_limit_that_makes_no_sense_is_told_on_its_pod()
    {
        shop.SkipWhereImpossible();
        await AnnotateAsync("attacker", $"{Egress}=plenty");
        await UntilAsync("an Event names it", async () =>
        {
            var events = JsonNode.Parse(await shop.Cluster.Kubectl.NeedAsync(
                Stop, "get", "events", "-n", Scene.Namespace, "--field-selector", "involvedObject.name=attacker,reason=InvalidBandwidth", "-o", "json"))!["items"]!.AsArray();
            return events.Any(one => ((string?)one!["message"])!.Contains($"{Egress}: \"plenty\"", StringComparison.Ordinal));
        });
        await AnnotateAsync("attacker", $"{Egress}-");
    }

    private Task<string> AnnotateAsync(string pod, string annotation) =>
        shop.Cluster.Kubectl.NeedAsync(Stop, "annotate", "pod", pod, "-n", Scene.Namespace, annotation, "--overwrite");

    /// <returns>Bits a second of a download's payload; 0: it failed.</returns>
    private async Task<double> RateAsync(int bytes)
    {
        var done = await shop.Scene.ExecAsync("client", $"curl -s -m 60 -o /dev/null -r 0-{bytes - 1} -w '%{{http_code}} %{{speed_download}}' http://{shop.Scene.Web}/files/100m.bin", Stop);
        return done.Output.Trim().Split(' ') is ["206", var speed] ? 8 * double.Parse(speed, CultureInfo.InvariantCulture) : 0;
    }

    private static Task<TimeSpan> UntilAsync(string what, Func<Task<bool>> seen) => Scene.UntilAsync(what, seen, TimeSpan.FromMinutes(2), Stop, 100);
}
