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

    public static TheoryData<string, string, byte[][], byte[], byte[]> Exchanges { get; } = new()
    {
        { "redis", "redis.argument", [], [.. "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nvalue\r\n"u8], [.. "+OK\r\n"u8] },
        {
            "mysql", "mysql.query",
            [
                [74, 0, 0, 0, 10, .. "8.0.36\0"u8, 1, 0, 0, 0, .. "abcdefgh"u8, 0, 0xff, 0xff, 0xff, 2, 0, 0xff, 0xc7, 21, .. new byte[10], .. "ijklmnopqrst\0mysql_native_password\0"u8, 0],
                [41, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 1, 45, .. new byte[23], .. "me\0\0"u8, 0, 0, 0, 0, 0], [7, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0],
            ],
            [9, 0, 0, 0, 3, .. "SELECT 1"u8], [7, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]
        },
        { "ldap", "ldap.request.dn", [], [0x30, 8, 2, 1, 1, 0x4a, 3, .. "abc"u8], [0x30, 12, 2, 1, 1, 0x6b, 7, 10, 1, 0, 4, 0, 4, 0] },
        { "kafka", "kafka.client_id", [], [0, 0, 0, 12, 0, 18, 0, 0, 0, 0, 0, 1, 0, 2, .. "me"u8], [0, 0, 0, 6, 0, 0, 0, 1, 0, 0] },
        {
            "mongodb", "mongodb.key", [],
            [36, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xdd, 7, 0, 0, 0, 0, 0, 0, 0, 15, 0, 0, 0, 16, .. "ping\0"u8, 1, 0, 0, 0, 0],
            [38, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 0xdd, 7, 0, 0, 0, 0, 0, 0, 0, 17, 0, 0, 0, 1, .. "ok\0"u8, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0]
        },
        {
            "websocket", "websocket.payload",
            [
                [.. "GET /chat HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"u8],
                [.. "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"u8],
            ],
            [0x81, 0x85, 1, 2, 3, 4, 5, 6, 7, 8, 9], [0x81, 5, .. "hello"u8]
        },
    };

    /// <param name="protocol">What rules call it.</param>
    /// <param name="buffer">A rule looks into it.</param>
    /// <param name="opening">Said before; a server that greets begins.</param>
    /// <param name="request">Asked again and again.</param>
    /// <param name="response">Answered each time.</param>
    [Theory, MemberData(nameof(Exchanges))]
    public void A_request_and_its_answer_allocate_nothing_whatever_is_spoken(string protocol, string buffer, byte[][] opening, byte[] request, byte[] response)
    {
        var talk = new Conversation();
        var warm = new List<Sent>(talk.Handshake());
        var from = protocol == "mysql" ? Side.Server : Side.Client;
        foreach (var said in opening)
        {
            warm.AddRange(talk.Send(from, said));
            from = from.Other();
        }
        for (var i = 0; i < 100; i++) Exchange(warm);
        var measured = new List<Sent>();
        for (var i = 0; i < 100; i++) Exchange(measured);
        var inspector = new Inspector(new());
        inspector.Publish(PolicySetSnapshot.Single(new(0, "p", 1, true, RuleSet.Compile([new("t", $"drop {protocol} any any -> any any ({buffer}; content:\"never there\"; sid:1;)")], new()).Rules)));
        var (queue, silence, now) = (new FrameQueue(), new Silence(), 1L);
        foreach (var frame in warm) inspector.Inspect(new Frame(frame.Bytes, frame.Arrival), now++, silence, queue);
        var told = silence.Records;
        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var frame in measured) inspector.Inspect(new Frame(frame.Bytes, frame.Arrival), now++, silence, queue);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(silence.Records - told >= 100);
        Assert.Equal(0, allocated);

        void Exchange(List<Sent> frames)
        {
            frames.AddRange(talk.Send(Side.Client, request));
            frames.AddRange(talk.Send(Side.Server, response));
        }
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
        public int Records { get; private set; }
        public void Record(in RecordEvent record) => Records++;
        public void Drop(in DropEvent drop) => Assert.Fail("nothing is to be dropped");
        public void Flow(in FlowEvent flow)
        {
        }
    }
}
