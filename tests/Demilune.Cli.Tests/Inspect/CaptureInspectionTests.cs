using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Demilune.Cli.Inspect;
using Demilune.Rules.Compile;
using Demilune.Wire.Captures;

namespace Demilune.Cli.Tests.Inspect;

public sealed class CaptureInspectionTests
{
    private const string Evil =
        """drop http any any -> any any (msg:"evil"; flow:established,to_server; http.uri; content:"evil"; sid:9999901; rev:1;)""";

    [Fact]
    public void An_attack_in_a_capture_is_one_alert()
    {
        var (summary, events) = Run(Conversation("GET /evil HTTP/1.1\r\nHost: x\r\n\r\n"), new() { VerifyChecksums = false, Quiet = true });
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
        var (_, events) = Run(Conversation("GET /evil HTTP/1.1\r\nHost: x\r\n\r\n"), new() { VerifyChecksums = false, Quiet = true, Inline = true });
        var alert = Assert.Single(events, record => record.GetProperty("event_type").GetString() == "alert");
        Assert.Equal("blocked", alert.GetProperty("alert").GetProperty("action").GetString());
    }

    [Fact]
    public void An_ordinary_capture_raises_nothing() =>
        Assert.Equal(0, Run(Conversation("GET /good HTTP/1.1\r\nHost: x\r\n\r\n"), new() { VerifyChecksums = false, Quiet = true }).Summary.Alerts);

    [Fact]
    public void Wrong_checksums_are_left_out_and_counted()
    {
        var (summary, _) = Run(Conversation("GET /evil HTTP/1.1\r\nHost: x\r\n\r\n"), new() { Quiet = true });
        Assert.Equal(0, summary.Alerts);
        Assert.Equal(4, summary.WrongChecksums);
    }

    [Fact]
    public void Of_a_capture_that_ends_too_early_the_beginning_is_inspected_and_the_damage_named()
    {
        var capture = Conversation("GET /evil HTTP/1.1\r\nHost: x\r\n\r\n");
        var (summary, _) = Run([.. capture, .. new byte[7]], new() { VerifyChecksums = false, Quiet = true });
        Assert.Equal(1, summary.Alerts);
        Assert.NotNull(summary.Damage);
    }

    private static (CaptureSummary Summary, List<JsonElement> Events) Run(byte[] capture, InspectRequest request)
    {
        var rules = RuleSet.Compile([new("test", Evil)], new());
        Assert.Empty(rules.Errors);
        using var output = new MemoryStream();
        var summary = CaptureInspection.Run(new MemoryStream(capture), rules.Rules, request, output, default);
        return (summary, [.. Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)]);
    }

    /// <summary>A handshake and a request, one frame each, checksums left zero.</summary>
    private static byte[] Conversation(string request)
    {
        using var stream = new MemoryStream();
        var writer = new CaptureWriter(stream);
        var time = 1_700_000_000_000_000_000;
        foreach (var frame in (byte[][])[Tcp(true, 100, 0, 2, ""), Tcp(false, 500, 101, 0x12, ""), Tcp(true, 101, 501, 0x10, ""), Tcp(true, 101, 501, 0x18, request)])
            writer.Write(time++, frame);
        return stream.ToArray();
    }

    private static byte[] Tcp(bool fromClient, uint sequence, uint acknowledgment, byte flags, string payload)
    {
        var frame = new byte[54 + payload.Length];
        (frame[0], frame[6], frame[12], frame[14]) = (2, 2, 8, 0x45);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(16), (ushort)(40 + payload.Length));
        (frame[22], frame[23]) = (64, 6);
        (frame[26], frame[29], frame[30], frame[33]) = (10, (byte)(fromClient ? 1 : 2), 10, (byte)(fromClient ? 2 : 1));
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(34), (ushort)(fromClient ? 40000 : 80));
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(36), (ushort)(fromClient ? 80 : 40000));
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(38), sequence);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(42), acknowledgment);
        (frame[46], frame[47], frame[48]) = (0x50, flags, 0xff);
        Encoding.ASCII.GetBytes(payload, frame.AsSpan(54));
        return frame;
    }
}
