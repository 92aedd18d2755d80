using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Demilune.Cli.Walk;

/// <summary>Ordinary traffic passes intact, attacks do not, and each leaves one alert with its evidence.</summary>
internal sealed class BlockStep(Scene scene)
{
    public async Task RunAsync(CancellationToken stop)
    {
        await OrdinaryTrafficAsync(stop);
        var alertsBefore = (await scene.Evidence.AlertsAsync(stop)).Count;
        Scene.Need(alertsBefore == 0, $"{alertsBefore} alert(s) on ordinary traffic: false alarms");
        scene.Say("no alert so far: ordinary traffic raised none");
        var wrong = new List<string>();
        foreach (var attack in Attack.All(scene.Web, scene.Web6))
        {
            try
            {
                await AttackAsync(attack, stop);
            }
            catch (StepFailedException failed)
            {
                scene.Say($"        NOT AS IT SHOULD BE: {failed.Message}");
                wrong.Add(failed.Message);
            }
        }

        Scene.Need(wrong.Count == 0, string.Join("; ", wrong));
        Scene.Need(await scene.StatusOfAsync("client", $"http://{scene.Web}/", stop) == "200", "after the attacks ordinary requests no longer pass");
        scene.Say("client → web, ordinary again: HTTP 200");
    }

    private async Task OrdinaryTrafficAsync(CancellationToken stop)
    {
        foreach (var request in new[]
        {
            $"http://{scene.Web}/", $"http://{scene.Web}/search?q=select+the+best+union+jack+t-shirt&page=2",
            $"http://{scene.Web}:8088/search?name=O%27Brien&where=../shop", $"http://{scene.Web6}/search?q=drop+shipping+tables",
        })
        {
            var status = await scene.StatusOfAsync("client", request, stop);
            scene.Say($"ordinary: GET {request} → {status}");
            Scene.Need(status == "200", $"an ordinary request was blocked: {request}");
        }

        var posted = await scene.ExecAsync("client", $"printf 'title=Why+I+select+from+the+menu&body=%s' \"$(head -c 20000 /dev/urandom | base64 -w0)\" | curl -s -o /dev/null -w '%{{http_code}}' -m 5 --data-binary @- http://{scene.Web}/upload", stop);
        scene.Say($"ordinary: POST of 27 KB with base64 in it → {posted.Output.Trim()}");
        Scene.Need(posted.Output.Trim() == "200", "an ordinary upload was blocked");

        var download = await scene.ExecAsync("client", $"curl -s -m 60 -w '%{{stderr}}%{{time_total}} %{{speed_download}}' http://{scene.Web}/files/100m.bin | sha256sum", stop);
        var expected = await scene.ExecAsync("web", "cat /srv/100m.sha256", stop);
        var figures = download.Errors.Trim().Split('\n')[^1].Split(' ');
        var speed = figures.Length == 2 && double.TryParse(figures[1], CultureInfo.InvariantCulture, out var bytes) ? bytes * 8 / 1e9 : 0;
        scene.Say(string.Create(CultureInfo.InvariantCulture, $"ordinary: 100 MB download through the firewall, {speed:0.0} Gbit/s, sha256 {download.Output.Trim()[..16]}…, expected {expected.Output.Trim()[..16]}…"));
        Scene.Need(download.Output.Trim() == expected.Output.Trim(), "the download did not arrive intact");
        scene.Measure("100 MB download through the firewall (curl | sha256sum)", string.Create(CultureInfo.InvariantCulture, $"{speed:0.00} Gbit/s"));
    }

    private async Task AttackAsync(Attack attack, CancellationToken stop)
    {
        var before = (await scene.Evidence.AlertsAsync(stop)).Count;
        var outcome = await scene.ExecAsync("client", attack.Command, stop);
        var status = outcome.Output.Trim();
        IReadOnlyList<JsonNode> alerts = [];
        await Scene.UntilAsync(
            $"an alert on: {attack.Name} (the client got '{status}')",
            async () => (alerts = await scene.Evidence.AlertsAsync(stop)).Count > before, TimeSpan.FromSeconds(5), stop);
        await Task.Delay(300, stop);
        alerts = await scene.Evidence.AlertsAsync(stop);
        var alert = alerts[^1];
        scene.Say($"BLOCKED {attack.Name} (client: {(status == "000" ? "connection reset" : status)})");
        scene.Say($"        {Describe(alert)}");
        Scene.Need(status is "000" or "403", $"{attack.Name} reached the server: HTTP {status}");
        Scene.Need(alerts.Count == before + 1, $"{attack.Name} raised {alerts.Count - before} alerts instead of one");
        var signature = (string?)alert["alert"]?["signature"] ?? "";
        Scene.Need(signature.Contains(attack.Signature, StringComparison.OrdinalIgnoreCase), $"{attack.Name} was taken for '{signature}'");
        var (source, destination) = (alert["kubernetes"]?["source"], alert["kubernetes"]?["destination"]);
        Scene.Need((string?)source?["pod"] == "client" && (string?)destination?["pod"] == "web" && (string?)alert["kubernetes"]?["policy"] == "web-attacks"
            && (string?)source["labels"]?["app"] == "client", $"the alert does not say who attacked whom: {alert["kubernetes"]?.ToJsonString()}");
        Scene.Need(Matched(alert).Length > 0, "the alert does not show the bytes that matched");
    }

    private static string Describe(JsonNode alert)
    {
        var kubernetes = alert["kubernetes"];
        return $"{alert["alert"]?["signature_id"]} {alert["alert"]?["signature"]} | {kubernetes?["source"]?["namespace"]}/{kubernetes?["source"]?["pod"]} → "
            + $"{kubernetes?["destination"]?["namespace"]}/{kubernetes?["destination"]?["pod"]} | {kubernetes?["policy"]} | matched: {Matched(alert)}";
    }

    /// <summary>The matched bytes of each content, printable.</summary>
    internal static string Matched(JsonNode alert)
    {
        var text = new StringBuilder();
        foreach (var match in alert["evidence"]?.AsArray() ?? [])
        {
            if (text.Length > 0) text.Append(" … ");
            text.Append((string?)match?["buffer"]).Append(' ').Append('"').Append((string?)match?["printable"]).Append('"');
        }

        return text.Length > 160 ? text.ToString(0, 160) + "…" : text.ToString();
    }
}
