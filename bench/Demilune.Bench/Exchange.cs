using System.Buffers.Binary;
using System.Text;
using Demilune.Inspection;
using Demilune.Inspection.Frames;

namespace Demilune.Bench;

/// <summary>One keep-alive connection whose frames are made once and numbered anew for every turn: what arrives costs nothing to make.</summary>
internal sealed class Exchange
{
    private const int Headers = 14 + 20 + 32;       // TCP with timestamps, as Linux sends it
    private readonly (byte[] Frame, Interface Arrival)[] _turn;
    private readonly uint[] _next = [1_000_001, 5_000_001];
    private uint _milliseconds = 1000;
    private ushort _clientPort = 40_000;

    /// <param name="request">Header and body; what the client sends in one segment.</param>
    /// <param name="response">Cut into frames of <paramref name="frameBytes"/> of payload.</param>
    public Exchange(byte[] request, byte[] response, int frameBytes)
    {
        var turn = new List<(byte[], Interface)> { (Frame(0, request), Interface.In) };
        for (var at = 0; at < response.Length; at += frameBytes)
        {
            turn.Add((Frame(1, response.AsSpan(at, Math.Min(frameBytes, response.Length - at))), Interface.Out));
            turn.Add((Frame(0, default), Interface.In));
        }
        _turn = [.. turn];
    }

    /// <summary>As wrk asks and nginx answers.</summary>
    public static Exchange OfSize(int bodyBytes, int frameBytes = 60_000, Func<int, byte[]>? body = null) => new(
        Encoding.ASCII.GetBytes("GET /1k HTTP/1.1\r\nHost: 198.18.2.2\r\n\r\n"),
        [.. Encoding.ASCII.GetBytes($"""
            HTTP/1.1 200 OK
            Server: nginx/1.22.1
            Date: Mon, 01 Jun 2026 10:00:00 GMT
            Content-Type: application/octet-stream
            Content-Length: {bodyBytes}
            Last-Modified: Mon, 01 Jun 2026 09:00:00 GMT
            Connection: keep-alive
            ETag: "6a1d52f0-400"
            Accept-Ranges: bytes


            """.ReplaceLineEndings("\r\n")), .. (body ?? Prose)(bodyBytes)], frameBytes);

    /// <summary>As a browser asks with a query, a session and all its headers.</summary>
    public static Exchange OfBrowser(int bodyBytes, int frameBytes = 60_000) => new(
        Encoding.ASCII.GetBytes("""
            GET /shop/search?q=garden+chair&page=2&sort=price HTTP/1.1
            Host: shop.example.com
            User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0
            Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8
            Accept-Language: en-US,en;q=0.5
            Accept-Encoding: gzip, deflate, br
            Referer: http://shop.example.com/shop/search?q=garden+chair&page=1
            Cookie: session=7f3a9c51e2; consent=all; theme=light
            Connection: keep-alive


            """.ReplaceLineEndings("\r\n")),
        [.. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {bodyBytes}\r\n\r\n"),
            .. Prose(bodyBytes)], frameBytes);

    /// <summary>Markup with English words in it: neither so regular nor so random that a prefilter has it easy.</summary>
    public static byte[] Prose(int length)
    {
        string[] words =
        [
            "<div class=\"item\">", "the ", "order ", "of ", "garden ", "chairs ", "and ", "select ", "tables ", "<a href=\"/shop/item?id=4711&amp;ref=list\">",
            "script ", "update ", "was ", "delivered ", "from ", "</a>", "price: ", "42.50 EUR", "</div>\n", "in ", "a ", "wooden ", "union ", "of ", "style, ",
        ];
        var random = new Random(7);
        var text = new StringBuilder(length + 64);
        while (text.Length < length) text.Append(words[random.Next(words.Length)]);
        return Encoding.ASCII.GetBytes(text.ToString(0, length));
    }

    /// <summary>SYN, SYN-ACK, ACK.</summary>
    public void Open(FrameHandler handler)
    {
        foreach (var (side, flags) in new[] { (0, 0x02), (1, 0x12), (0, 0x10) })
        {
            var frame = Frame(side, default);
            frame[47] = (byte)flags;
            if ((flags & 2) != 0) _next[side]--;
            Number(frame, side);
            if ((flags & 2) != 0) _next[side]++;
            handler(new(frame, side == 0 ? Interface.In : Interface.Out) { Tag = 1, FlowId = 1, Network = 1, ChecksumTrusted = true });
        }
    }

    /// <summary>From here on another connection.</summary>
    public void Renumber(ushort clientPort)
    {
        _clientPort = clientPort;
        (_next[0], _next[1]) = (1_000_001, 5_000_001);
        foreach (var (frame, arrival) in _turn) BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(arrival == Interface.In ? 34 : 36), clientPort);
    }

    /// <summary>A request, its response, an acknowledgment of each of its frames.</summary>
    public void Turn(FrameHandler handler)
    {
        foreach (var (frame, arrival) in _turn)
        {
            var side = arrival == Interface.In ? 0 : 1;
            Number(frame, side);
            _next[side] += (uint)(frame.Length - Headers);
            handler(new(frame, arrival) { Tag = 1, FlowId = 1, Network = 1, ChecksumTrusted = true });
        }
        _milliseconds++;
    }

    private void Number(byte[] frame, int side)
    {
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(38), _next[side]);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(42), _next[1 - side]);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(58), _milliseconds);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(62), _milliseconds);
    }

    private byte[] Frame(int side, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[Headers + payload.Length];
        (frame[0], frame[6], frame[12], frame[14], frame[22], frame[23]) = (2, 2, 8, 0x45, 64, 6);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(16), (ushort)(52 + payload.Length));
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(26), 0xc6120201u + (uint)side);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(30), 0xc6120202u - (uint)side);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(34), (ushort)(side == 0 ? _clientPort : 80));
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(36), (ushort)(side == 0 ? 80 : _clientPort));
        (frame[46], frame[47], frame[48]) = (0x80, 0x18, 0xff);
        (frame[54], frame[55], frame[56], frame[57]) = (1, 1, 8, 10);
        payload.CopyTo(frame.AsSpan(Headers));
        return frame;
    }
}

internal delegate void FrameHandler(in Frame frame);
