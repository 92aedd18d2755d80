using System.Buffers.Binary;
using System.Text;
using Demilune.Inspection;
using Demilune.Inspection.Events.Eve;
using Demilune.Inspection.Frames;
using Demilune.Inspection.Policies;
using Demilune.Rules.Compile;

namespace Demilune.Firewall.Packets;

/// <summary>
/// Judges made-up connections before the first real one, so that the code of the data path is compiled by then. The
/// first request of a cold engine takes longer than a heartbeat deadline, and would be let through or cut by the splice.
/// </summary>
internal static class WarmUp
{
    /// <summary>Past the 30 calls after which the runtime compiles a method again, optimised.</summary>
    private const int Rounds = 64;

    private const string Rules = """
        drop http any any -> any any (msg:"warm"; flow:established,to_server; http.uri; content:"warm-up"; nocase; pcre:"/warm-u(p|q)/i"; sid:1;)
        alert http any any -> any any (msg:"body"; flow:established,to_server; http.request_body; content:"warm"; fast_pattern; content:"body"; distance:0; sid:2;)
        alert http any any -> any any (msg:"header"; flow:established,to_server; http.header; content:"warm-agent"; sid:3;)
        alert http any any -> any any (msg:"answer"; flow:established,to_client; http.response_body; content:"warm-answer"; sid:4;)
        alert tcp any any -> any any (msg:"stream"; flow:established; content:"warm-stream"; sid:5;)
        """;

    private static readonly string[] s_requests =
    [
        "GET /good?q=1 HTTP/1.1\r\nHost: warm\r\nUser-Agent: warm-agent\r\nAccept: */*\r\n\r\n",
        "POST /form HTTP/1.1\r\nHost: warm\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nwarm body",
        "GET /%77arm-up HTTP/1.1\r\nHost: warm\r\n\r\n",
    ];

    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\nwarm-answer";

    /// <summary>Takes some 100 ms. Nothing of it is seen outside.</summary>
    /// <param name="options">As the real rules are compiled.</param>
    /// <param name="stop">Ends it early.</param>
    /// <returns>How many alerts the made-up connections raised: none means that nothing was warmed.</returns>
    public static long Run(RuleSetOptions options, CancellationToken stop)
    {
        var inspector = new Inspector(new());
        inspector.Publish(PolicySetSnapshot.Single(new(1, "warm-up", 1, Prevent: true, RuleSet.Compile([new("warm-up", Rules)], options).Rules)));
        using var eve = new EveWriter(static _ => { });
        var inject = new FrameQueue();
        long now = 1_000_000_000;
        for (var round = 0; round < Rounds && !stop.IsCancellationRequested; round++)
        {
            var client = new Peer((ushort)(1024 + round), 80);
            var server = new Peer(80, client.Port);
            Pass(client, server, 0x02, "");
            Pass(server, client, 0x12, "");
            Pass(client, server, 0x10, "");
            foreach (var request in s_requests)
            {
                Pass(client, server, 0x18, request);
                Pass(server, client, 0x18, Answer);
            }
            Pass(client, server, 0x11, "");
            Pass(server, client, 0x11, "");
            inspector.Tick(now, eve);
        }
        inspector.Finish(now, eve);
        return inspector.Statistics.Alerts;

        void Pass(Peer from, Peer to, byte flags, string payload)
        {
            var frame = new Frame(from.Write(to, flags, payload), from.Port == 80 ? Interface.Out : Interface.In)
            {
                Tag = 1, FlowId = 1, Network = 1, ChecksumTrusted = true,
            };
            inspector.Inspect(frame, now += 1000, eve, inject);
            inject.Clear();
        }
    }

    /// <summary>One end of a made-up connection over IPv4.</summary>
    private sealed class Peer(ushort port, ushort peerPort)
    {
        private uint _sequence = 1000;

        public ushort Port => port;

        public byte[] Write(Peer to, byte flags, string payload)
        {
            var frame = new byte[54 + payload.Length];
            (frame[0], frame[6], frame[12], frame[14], frame[22], frame[23]) = (2, 2, 8, 0x45, 64, 6);
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(16), (ushort)(40 + payload.Length));
            BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(26), 0xc0000200u | (port & 0xffu));      // RFC 5737
            BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(30), 0xc0000200u | (peerPort & 0xffu));
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(34), port);
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(36), peerPort);
            BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(38), _sequence);
            if ((flags & 0x10) != 0) BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(42), to._sequence);
            (frame[46], frame[47], frame[48]) = (0x50, flags, 0xff);
            Encoding.ASCII.GetBytes(payload, frame.AsSpan(54));
            _sequence += (uint)payload.Length + ((flags & 3) != 0 ? 1u : 0u);
            return frame;
        }
    }
}
