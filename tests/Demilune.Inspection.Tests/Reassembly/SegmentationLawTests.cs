using System.Text;
using CsCheck;
using Demilune.Inspection.Tests.Traffic;
using Demilune.Wire.Tcp;

namespace Demilune.Inspection.Tests.Reassembly;

/// <summary>However the network cuts, reorders and repeats what two ends say, the same is found in it.</summary>
public class SegmentationLawTests
{
    private const string Rules = """
        alert http any any -> any any (msg:"uri"; flow:established,to_server; http.uri; content:"/admin"; sid:1;)
        alert http any any -> any any (msg:"body"; flow:established,to_server; http.request_body; content:"secret"; content:"word"; distance:0; sid:2;)
        alert http any any -> any any (msg:"response"; flow:established,to_client; http.stat_code; content:"500"; sid:3;)
        alert http any any -> any any (msg:"agent"; flow:established,to_server; http.user_agent; content:"evil"; nocase; sid:4;)
        alert tcp any any -> any any (msg:"stream"; flow:established,to_server; content:"only-stream:"; content:"xyz"; distance:3; within:10; sid:5;)
        """;

    private static readonly string[] s_requests =
    [
        "GET /admin HTTP/1.1\r\nHost: a\r\nUser-Agent: Evil/1\r\n\r\n",
        "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n..secret....word....",
        "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n..secre\r\n6\r\nt.word\r\n0\r\n\r\n",
        "GET /y HTTP/1.1\r\nHost: a\r\nX: only-stream:abcdxyz\r\n\r\n",
        "GET /plain HTTP/1.1\r\nHost: a\r\n\r\n",
    ];

    private static readonly string[] s_responses =
    [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    ];

    [Fact]
    public void The_same_is_found_however_segments_are_cut_swapped_and_repeated() =>
        Gen.Select(Gen.Int[0, 4].Array[1, 4], Gen.Int[0, 1].Array[4], Gen.Int[1, 40], Gen.Int, Gen.Bool).Sample((requests, responses, pieceLength, seed, isV6) =>
        {
            var expected = Play(requests, responses, 65_000, isV6, seed: null);
            var actual = Play(requests, responses, pieceLength, isV6, seed);
            Assert.Equal(expected.Alerts.Order(), actual.Alerts.Order());
            Assert.Equal(expected.Transactions, actual.Transactions);
            Assert.Empty(actual.Drops);
        }, iter: 100);

    [Fact]
    public void The_same_is_found_however_packets_are_cut_into_fragments_that_swap_places() =>
        Gen.Select(Gen.Int[0, 4].Array[1, 4], Gen.Int[0, 1].Array[4], Gen.Int[1, 20], Gen.Int, Gen.Bool).Sample((requests, responses, fragment, seed, isV6) =>
        {
            var expected = Play(requests, responses, 65_000, isV6, seed: null);
            var actual = Play(requests, responses, 65_000, isV6, seed: null, new Fragmenter(fragment * 8, new Random(seed)));
            Assert.Equal(expected.Alerts.Order(), actual.Alerts.Order());
            Assert.Equal(expected.Transactions, actual.Transactions);
            Assert.Empty(actual.Drops);
        }, iter: 100);

    private sealed class Fragmenter(int size, Random random)
    {
        private ushort _id;

        public IEnumerable<Sent> Cut(Sent sent)
        {
            var fragments = Packets.Fragment(sent.Bytes, size, ++_id).ToArray();
            random.Shuffle(fragments);
            return fragments.Select(bytes => sent with { Bytes = bytes });
        }
    }

    private static Replay Play(int[] requests, int[] responses, int pieceLength, bool isV6, int? seed, Fragmenter? fragmenter = null)
    {
        var talk = new Conversation(isV6);
        var replay = new Replay(Rules).Feed(talk.Handshake());
        var random = seed is { } number ? new Random(number) : null;
        for (var i = 0; i < requests.Length; i++)
        {
            foreach (var (side, text) in new[] { (Side.Client, s_requests[requests[i]]), (Side.Server, s_responses[responses[i]]) })
            {
                var frames = talk.Send(side, Encoding.ASCII.GetBytes(text), pieceLength, acknowledge: false).ToList();
                if (random is not null) Disturb(frames, random);
                replay.Feed(fragmenter is null ? frames : frames.SelectMany(fragmenter.Cut)).Feed(talk.Ack(side.Other()));
            }
        }
        replay.Feed(talk.Finish());
        return replay.Finish();
    }

    private static void Disturb(List<Sent> frames, Random random)
    {
        for (var i = 0; i < frames.Count; i++)
        {
            if (random.Next(4) == 0) frames.Add(frames[random.Next(frames.Count)]);
            var other = random.Next(frames.Count);
            (frames[i], frames[other]) = (frames[other], frames[i]);
            if (frames.Count > 600) break;
        }
    }
}
