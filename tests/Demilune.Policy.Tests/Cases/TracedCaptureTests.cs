using Demilune.Cli.Policies;
using Demilune.Cli.Policies.Cases;
using Demilune.Policy.Addresses;
using Demilune.Policy.Intents;
using Demilune.Policy.Model;
using Demilune.Wire.Captures;

namespace Demilune.Policy.Tests.Cases;

/// <summary>A recording is traced connection by connection, with what each carried.</summary>
public sealed class TracedCaptureTests
{
    private const string Shop = """
        {apiVersion: v1, kind: Namespace, metadata: {name: shop}}
        ---
        {apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: front, labels: {app: front}}, spec: {containers: []}, status: {podIP: 10.244.0.4, podIPs: [{ip: 10.244.0.4}]}}
        ---
        {apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: web, labels: {app: web}}, spec: {containers: []}, status: {podIP: 10.244.0.5, podIPs: [{ip: 10.244.0.5}]}}
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {namespace: shop, name: web, annotations: {demilune.dev/security-policy: web}}
        spec: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {matchLabels: {app: front}}}], ports: [{port: 80}]}]}
        ---
        apiVersion: demilune.dev/v1alpha1
        kind: SecurityPolicy
        metadata: {name: web}
        spec: {rules: [{inline: 'drop http any any -> any any (msg:"sql"; http.uri; content:"union select"; nocase; sid:7;)'}]}
        """;

    [Fact]
    public void Each_connection_of_a_capture_is_judged_by_what_it_carried()
    {
        var capture = Capture((40_000, "GET /shop"), (40_001, "GET /shop?q=1+UNION+SELECT"));
        Assert.Equal(2, capture.Connections.Count);
        var said = new StringWriter();
        Assert.Equal(1, TraceCommand.Trace(Objects(), capture, "shop/front", "shop/web", null, said));
        Assert.Contains("rule 7 \"sql\" matches: Blocked", said.ToString());
        Assert.Contains("1 of 2 connections pass", said.ToString());
    }

    [Fact]
    public void Pods_are_known_by_their_addresses_and_others_are_named_by_theirs()
    {
        var objects = Objects();
        objects.Place("shop/front", Address("10.244.0.4"), Address("fd00:244::4"));
        objects.Place("shop/web", Address("10.244.0.5"), Address("fd00:244::5"));
        var said = new StringWriter();
        Assert.Equal(0, TraceCommand.Trace(objects, Capture((40_000, "GET /shop")), null, null, null, said));
        Assert.Contains("shop/front (10.244.0.4/32) → shop/web (10.244.0.5/32) TCP/80", said.ToString());
        said = new StringWriter();
        Assert.Equal(1, TraceCommand.Trace(Objects(), Capture((40_000, "GET /shop")), "192.0.2.1", "shop/web", null, said));
        Assert.Contains("192.0.2.1", said.ToString());
    }

    private static TracedCapture Capture(params (int ClientPort, string Line)[] requests)
    {
        var stream = new MemoryStream();
        var writer = new CaptureWriter(stream);
        foreach (var (clientPort, line) in requests)
        {
            var traffic = TracedRequest.Of(line, [], null, "shop/web");
            foreach (var frame in traffic.Frames(new Attempt(null, Address("10.244.0.4"), null, Address("10.244.0.5"), Protocol.Tcp, 80)))
            {
                // The same ports in each: a connection of its own by its client's.
                var bytes = frame.Bytes.ToArray();
                System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(14 + 20 + (frame.FromClient ? 0 : 2)), (ushort)clientPort);
                writer.Write(frame.Time, bytes);
            }
        }
        stream.Position = 0;
        return TracedCapture.Read(stream);
    }

    private static Prefix Address(string text) => Prefix.TryParse(text, out var prefix) ? prefix : throw new ArgumentException(text);

    private static ClusterObjects Objects()
    {
        var objects = new ClusterObjects();
        foreach (var manifest in Manifests.Read(Shop, "shop")) objects.Apply(manifest);
        return objects;
    }
}
