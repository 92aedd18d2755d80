using System.Text.Json.Nodes;
using CsCheck;
using Demilune.Local.Protobuf;

namespace Demilune.Local.Tests.Protobuf;

public sealed class KindsTests
{
    /// <summary>What <c>kubectl create configmap seen --from-literal=a=b</c> sends: envelope, type, raw object.</summary>
    private static readonly byte[] ConfigMap =
    [
        .. "k8s\0"u8, 0x0a, 0x0f, 0x0a, 0x02, .. "v1"u8, 0x12, 0x09, .. "ConfigMap"u8,
        0x12, 0x10, 0x0a, 0x06, 0x0a, 0x04, .. "seen"u8, 0x12, 0x06, 0x0a, 0x01, (byte)'a', 0x12, 0x01, (byte)'b', 0x1a, 0x00, 0x22, 0x00,
    ];

    [Fact]
    public void An_object_comes_out_of_its_envelope()
    {
        var read = Kinds.Read(ConfigMap);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"seen"},"data":{"a":"b"}}"""), read), read.ToJsonString());
    }

    [Fact]
    public void A_kind_that_is_not_read_says_what_to_do()
    {
        byte[] body = [.. "k8s\0"u8, 0x0a, 0x07, 0x12, 0x05, .. "Thing"u8, 0x12, 0x00];
        Assert.Contains("kubectl apply", Assert.Throws<FormatException>(() => Kinds.Read(body)).Message);
    }

    [Fact]
    public void Whatever_is_broken_or_cut_is_refused_and_nothing_else_happens() =>
        Gen.Select(Gen.Int[4, ConfigMap.Length], Gen.Int[4, ConfigMap.Length - 1], Gen.Byte).Sample((length, at, value) =>
        {
            var body = ConfigMap[..length];
            if (at < length) body[at] = value;
            try
            {
                Kinds.Read(body);
            }
            catch (FormatException)
            {
                // The one answer to bytes that make no sense.
            }
        });
}
