using System.Text;
using Demilune.Inspection.Events.Eve;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Policies;
using Demilune.Inspection.Tests.Traffic;
using Demilune.Rules.Compile;

namespace Demilune.Inspection.Tests.Events;

/// <summary><c>config: logging disable</c>: a rule says of which transactions nobody wants a record.</summary>
public sealed class MutedRecordsTests
{
    private static List<string> Written(string rules)
    {
        var compiled = RuleSet.Compile([new("test", rules)], new());
        Assert.Empty(compiled.Errors);
        var inspector = new Inspector(new() { Inline = false, Streams = new() });
        inspector.Publish(PolicySetSnapshot.Single(new(0, "test", 1, false, compiled.Rules)));
        List<string> lines = [];
        using var eve = new EveWriter(line => lines.Add(Encoding.UTF8.GetString(line)));
        var (conversation, queue, now) = (new Conversation(), new FrameQueue(), 1_700_000_000_000_000_000);
        foreach (var sent in conversation.Handshake()
            .Concat(conversation.Send(Side.Client, "GET /first HTTP/1.1\r\nHost: a\r\n\r\n")).Concat(conversation.Send(Side.Server, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
            .Concat(conversation.Send(Side.Client, "GET /second HTTP/1.1\r\nHost: a\r\n\r\n")).Concat(conversation.Send(Side.Server, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")))
            inspector.Inspect(new Frame(sent.Bytes, sent.Arrival), now += 1000, eve, queue);
        inspector.Finish(now, eve);
        return lines;
    }

    [Fact]
    public void A_transaction_that_it_matches_gets_no_record_and_no_alert()
    {
        var lines = Written("""config http any any -> any any (http.uri; content:"first"; config:logging disable, type tx, scope tx; sid:1;)""");
        Assert.DoesNotContain(lines, line => line.Contains("/first", StringComparison.Ordinal) || line.Contains("\"alert\"", StringComparison.Ordinal));
        Assert.Single(lines, line => line.Contains("\"event_type\":\"http\"", StringComparison.Ordinal) && line.Contains("/second", StringComparison.Ordinal));
    }

    [Fact]
    public void An_alert_about_such_a_transaction_is_told_all_the_same()
    {
        var lines = Written("""alert http any any -> any any (http.uri; content:"first"; config:logging disable, type tx, scope tx; sid:1;)""");
        Assert.Single(lines, line => line.Contains("\"signature_id\":1", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains("\"event_type\":\"http\"", StringComparison.Ordinal) && line.Contains("/first", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_neither_logging_nor_a_transaction_is_refused() =>
        Assert.Single(RuleSet.Compile([new("test", "config http any any -> any any (config:logging enable, type tx, scope tx; sid:1;)")], new()).Errors);
}
