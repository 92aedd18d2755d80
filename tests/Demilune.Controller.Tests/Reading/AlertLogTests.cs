using Demilune.Controller.Reading;
using Microsoft.Extensions.Time.Testing;

namespace Demilune.Controller.Tests.Reading;

public sealed class AlertLogTests
{
    private readonly FakeTimeProvider _time = new(new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    private static string Alert(string action, string signature, int sid = 1) =>
        $$$"""{"timestamp":"2026-01-02T03:04:05.000000+0000","event_type":"alert","src_ip":"10.0.0.1","src_port":1,"dest_ip":"fd00::2","dest_port":80,"alert":{"action":"{{{action}}}","signature_id":{{{sid}}},"signature":"{{{signature}}}","severity":2},"kubernetes":{"source":{"namespace":"a","pod":"b"},"policy":"web"}}""";

    [Fact]
    public void The_newest_comes_first_and_knows_both_ends()
    {
        var log = new AlertLog(10, 1 << 20, _time);
        log.Take(Alert("allowed", "first"));
        log.Take(Alert("blocked", "second"));
        var page = log.Find(new(), 0, 10);
        Assert.Equal(["second", "first"], page.Items.Select(alert => alert.Signature));
        var alert = page.Items[0];
        Assert.Equal((2L, true, "a/b", "10.0.0.1:1", "[fd00::2]:80", "", "web"), (alert.Number, alert.Blocked, alert.SourcePod, alert.Source, alert.Destination, alert.DestinationPod, alert.Policy));
        Assert.Equal((2L, 1L), log.Totals);
    }

    [Fact]
    public void The_oldest_make_room_and_numbers_stay_what_they_are()
    {
        var log = new AlertLog(3, 1 << 20, _time);
        for (var i = 1; i <= 5; i++) log.Take(Alert("blocked", $"number {i}"));
        Assert.Null(log.Find(2));
        Assert.Equal("number 3", log.Find(3)!.Summary.Signature);
        Assert.Equal("number 5", log.Find(5)!.Summary.Signature);
        Assert.Null(log.Find(6));
        Assert.Equal(3, log.Find(new(), 0, 1).Total);
    }

    [Fact]
    public void Long_records_do_not_fill_the_memory()
    {
        var log = new AlertLog(1_000, 10_000, _time);
        for (var i = 0; i < 100; i++) log.Take(Alert("blocked", new string('x', 1_000)));
        Assert.InRange(log.Find(new(), 0, 1).Total, 1, 5);
    }

    [Theory]
    [InlineData("""{"event_type":"http"}""")]
    [InlineData("""{"event_type":"alert"}""")]
    [InlineData("""{"event_type":"alert","alert":7}""")]
    [InlineData("""{"event_type":["alert"],"alert":{}}""")]
    public void What_is_no_alert_is_none(string line)
    {
        var log = new AlertLog(10, 1 << 20, _time);
        log.Take(line);
        Assert.Equal(0, log.Totals.Total);
    }

    [Fact]
    public void An_alert_of_wrong_types_is_an_alert_without_them()
    {
        var log = new AlertLog(10, 1 << 20, _time);
        log.Take("""{"event_type":"alert","timestamp":5,"src_ip":[],"alert":{"signature":{},"severity":"high","signature_id":1e99},"kubernetes":[1]}""");
        Assert.Equal(("", 0, 0L, ""), (log.Find(1)!.Summary.Signature, log.Find(1)!.Summary.Severity, log.Find(1)!.Summary.SignatureId, log.Find(1)!.Summary.SourcePod));
    }

    [Fact]
    public void Every_filter_filters()
    {
        var log = new AlertLog(10, 1 << 20, _time);
        log.Take(Alert("blocked", "injection", 7));
        log.Take(Alert("allowed", "scan", 4711));
        Assert.Equal(1, log.Find(new(Text: "INJECT"), 0, 10).Total);
        Assert.Equal(1, log.Find(new(Text: "4711"), 0, 10).Total);
        Assert.Equal(1, log.Find(new(Blocked: true), 0, 10).Total);
        Assert.Equal(0, log.Find(new(Severity: 1), 0, 10).Total);
        Assert.Equal(2, log.Find(new(Policy: "web", Pod: "a/b"), 0, 10).Total);
        Assert.Equal(0, log.Find(new(Policy: "other"), 0, 10).Total);
    }

    [Fact]
    public void Minutes_are_counted_and_forgotten()
    {
        var log = new AlertLog(10, 1 << 20, _time);
        log.Take(Alert("blocked", "x"));
        _time.Advance(TimeSpan.FromMinutes(1));
        log.Take(Alert("allowed", "x"));
        var history = log.History();
        Assert.Equal((0L, 1L), (history[^1].Blocked, history[^1].Allowed));
        Assert.Equal((1L, 0L), (history[^2].Blocked, history[^2].Allowed));
        _time.Advance(TimeSpan.FromHours(4));
        Assert.All(log.History(), minute => Assert.Equal(0, minute.Blocked + minute.Allowed));
    }
}
