using System.Text;
using Demilune.Inspection.Events;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Policies;
using Demilune.Inspection.Tests.Traffic;
using Demilune.Rules.Compile;

namespace Demilune.Inspection.Tests;

public class SteadyStateTests
{
    private const string Rules = """
        drop http any any -> any any (msg:"uri"; flow:established,to_server; http.uri; content:"/etc/passwd"; sid:1;)
        drop http any any -> any any (msg:"body"; flow:established,to_client; http.response_body; content:"root:x:0:0"; sid:2;)
        alert tcp any any -> any any (msg:"stream"; flow:established; content:"never there"; sid:3;)
        alert tcp any any -> any any (msg:"syn"; flags:S; dsize:>1000; sid:4;)
        """;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_request_and_its_response_on_a_kept_connection_allocate_nothing(int policies)
    {
        var talk = new Conversation();
        var warm = new List<Sent>(talk.Handshake());
        AddExchanges(talk, warm, 300);
        var measured = new List<Sent>();
        AddExchanges(talk, measured, 300);
        var inspector = new Inspector(new());
        var policy = new InspectionPolicy(0, "p", 1, true, RuleSet.Compile([new("t", Rules)], new()).Rules);
        inspector.Publish(PolicySetSnapshot.Single(policies == 1 ? policy : InspectionPolicy.Join(0, 1, [.. Enumerable.Repeat(policy, policies)])));
        var (queue, silence, now) = (new FrameQueue(), new Silence(), 1L);
        foreach (var frame in warm) inspector.Inspect(new Frame(frame.Bytes, frame.Arrival), now++, silence, queue);
        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var frame in measured) inspector.Inspect(new Frame(frame.Bytes, frame.Arrival), now++, silence, queue);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(600, silence.Transactions);
        Assert.Equal(0, allocated);
    }

    private static void AddExchanges(Conversation talk, List<Sent> frames, int count)
    {
        var request = Encoding.ASCII.GetBytes("GET /index.html?a=1 HTTP/1.1\r\nHost: web\r\nUser-Agent: test/1.0\r\nAccept: */*\r\n\r\n");
        var response = Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 20000\r\n\r\n{new string('x', 20_000)}");
        for (var i = 0; i < count; i++)
        {
            frames.AddRange(talk.Send(Side.Client, request));
            frames.AddRange(talk.Send(Side.Server, response, 7000));
        }
    }

    private sealed class Silence : IEventSink
    {
        public int Transactions { get; private set; }
        public void Alert(in AlertEvent alert) => Assert.Fail("nothing here is an attack");
        public void Anomaly(in AnomalyEvent anomaly) => Assert.Fail(anomaly.Name);
        public void Http(in HttpEvent http) => Transactions++;
        public void File(in FileEvent file) => _ = file.Fields.Size;
        public void Record(in RecordEvent record) => _ = record.Type;
        public void Drop(in DropEvent drop) => Assert.Fail("nothing is to be dropped");
        public void Flow(in FlowEvent flow)
        {
        }
    }
}
