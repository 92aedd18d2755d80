using System.Text;
using System.Text.Json;
using Demilune.Cli.Inspect;
using Demilune.Rules.Compile;

namespace Demilune.Cli.Tests.Inspect;

public sealed class CaptureInspectionTests
{
    private const string Evil =
        """drop http any any -> any any (msg:"evil"; flow:established,to_server; http.uri; content:"evil"; sid:9999901; rev:1;)""";

    [Fact]
    public void An_attack_in_a_capture_is_one_alert()
    {
        var (summary, events) = Run(CaptureBytes.Of("GET /evil HTTP/1.1\r\nHost: x\r\n\r\n"), new() { VerifyChecksums = false, Quiet = true });
        Assert.Equal(1, summary.Alerts);
        Assert.Null(summary.Damage);
        var alert = Assert.Single(events, record => record.GetProperty("event_type").GetString() == "alert");
        Assert.Equal(9999901, alert.GetProperty("alert").GetProperty("signature_id").GetInt32());
        // Nothing was in the way, so nothing was blocked.
        Assert.Equal("allowed", alert.GetProperty("alert").GetProperty("action").GetString());
        Assert.Equal("10.0.0.1", alert.GetProperty("src_ip").GetString());
        Assert.StartsWith("2023-11-14T22:13:20", alert.GetProperty("timestamp").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Simulated_in_the_wire_the_same_attack_is_blocked()
    {
        var (_, events) = Run(CaptureBytes.Of("GET /evil HTTP/1.1\r\nHost: x\r\n\r\n"), new() { VerifyChecksums = false, Quiet = true, Inline = true });
        var alert = Assert.Single(events, record => record.GetProperty("event_type").GetString() == "alert");
        Assert.Equal("blocked", alert.GetProperty("alert").GetProperty("action").GetString());
    }

    [Fact]
    public void An_ordinary_capture_raises_nothing() =>
        Assert.Equal(0, Run(CaptureBytes.Of("GET /good HTTP/1.1\r\nHost: x\r\n\r\n"), new() { VerifyChecksums = false, Quiet = true }).Summary.Alerts);

    [Fact]
    public void Wrong_checksums_are_left_out_and_counted()
    {
        var (summary, _) = Run(CaptureBytes.Of("GET /evil HTTP/1.1\r\nHost: x\r\n\r\n"), new() { Quiet = true });
        Assert.Equal(0, summary.Alerts);
        Assert.Equal(4, summary.WrongChecksums);
    }

    [Fact]
    public void Of_a_capture_that_ends_too_early_the_beginning_is_inspected_and_the_damage_named()
    {
        var capture = CaptureBytes.Of("GET /evil HTTP/1.1\r\nHost: x\r\n\r\n");
        var (summary, _) = Run([.. capture, .. new byte[7]], new() { VerifyChecksums = false, Quiet = true });
        Assert.Equal(1, summary.Alerts);
        Assert.NotNull(summary.Damage);
    }

    private static (CaptureSummary Summary, List<JsonElement> Events) Run(byte[] capture, InspectRequest request)
    {
        var rules = RuleSet.Compile([new("test", Evil)], new());
        Assert.Empty(rules.Errors);
        using var output = new MemoryStream();
        var summary = CaptureInspection.Run(new MemoryStream(capture), rules.Rules, request, new EveFiles(output, new()), default);
        return (summary, [.. Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)]);
    }
}
