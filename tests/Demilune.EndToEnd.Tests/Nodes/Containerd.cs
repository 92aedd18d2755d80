using System.Formats.Tar;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Demilune.Cli.Cluster;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Demilune.EndToEnd.Tests.Nodes;

/// <summary>Debian's containerd on a test's node, asked by the few messages of Kubernetes' container runtime interface that sandboxes need.</summary>
internal sealed class Containerd : IAsyncDisposable
{
    public const string Program = "/usr/bin/containerd";

    /// <summary>It brings up "lo" by the CNI project's own plugin, before ours is called.</summary>
    public const string Loopback = "/usr/lib/cni/loopback";

    private static readonly Marshaller<byte[]> s_bytes = Marshallers.Create(bytes => bytes, bytes => bytes);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("demilune-containerd");
    private readonly ClusterProcess _process;
    private readonly GrpcChannel _channel;

    /// <param name="cniSocket">Of the node's agent.</param>
    public Containerd(ClusterLayout layout, string netns, string cniSocket)
    {
        var (cni, plugins) = (_directory.CreateSubdirectory("net.d").FullName, _directory.CreateSubdirectory("bin").FullName);
        File.CreateSymbolicLink(Path.Combine(plugins, "loopback"), Loopback);
        File.CreateSymbolicLink(Path.Combine(plugins, "demilune-cni"), layout.Program("Demilune.Cni", "demilune-cni"));
        File.WriteAllText(Path.Combine(cni, "10-demilune.conflist"), $$"""{"cniVersion":"1.0.0","name":"demilune","plugins":[{"type":"demilune-cni","agentSocket":"{{cniSocket}}"}]}""");
        File.WriteAllText(Path.Combine(_directory.FullName, "config.toml"), $"""
            version = 2
            root = "{_directory.FullName}/root"
            state = "{_directory.FullName}/state"
            disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs"]
            [grpc]
            address = "{Socket}"
            [plugins."io.containerd.grpc.v1.cri"]
            sandbox_image = "{SandboxImage.Name}"
            disable_apparmor = true
            disable_cgroup = true
            restrict_oom_score_adj = true
            [plugins."io.containerd.grpc.v1.cri".containerd]
            snapshotter = "native"
            [plugins."io.containerd.grpc.v1.cri".cni]
            bin_dir = "{plugins}"
            conf_dir = "{cni}"
            """);
        _process = new("containerd", "/usr/bin/nsenter", [$"--net={netns}", Program, "--config", Path.Combine(_directory.FullName, "config.toml")], layout);
        _channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                ConnectCallback = async (_, cancel) =>
                {
                    var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), cancel);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            },
        });
    }

    private string Socket => Path.Combine(_directory.FullName, "containerd.sock");

    public async Task StartAsync(CancellationToken stop)
    {
        _process.Start();
        await LocalCluster.UntilAsync(_process, () => Task.FromResult(File.Exists(Socket)), stop);
        var image = Path.Combine(_directory.FullName, "sandbox.tar");
        SandboxImage.Write(image);
        var imported = await Shell.RunAsync("ctr", ["--address", Socket, "--namespace", "k8s.io", "images", "import", "--snapshotter", "native", image], TimeSpan.FromMinutes(1), stop);
        Assert.True(imported.Succeeded, imported.Summary);
    }

    /// <returns>The sandbox's id.</returns>
    /// <exception cref="RpcException">It got no network, or no sandbox was made.</exception>
    public async Task<string> RunSandboxAsync(string @namespace, string name, string uid, CancellationToken stop)
    {
        var metadata = Message(json => Text(json, 1, name), json => Text(json, 2, uid), json => Text(json, 3, @namespace));
        var config = Message(json => Bytes(json, 1, metadata), json => Text(json, 3, _directory.FullName), json => Bytes(json, 8, Message(linux => Text(linux, 1, ""))));
        return ReadText(await CallAsync("RunPodSandbox", Message(json => Bytes(json, 1, config)), stop));
    }

    public async Task RemoveSandboxAsync(string id, CancellationToken stop)
    {
        await CallAsync("StopPodSandbox", Message(json => Text(json, 1, id)), stop);
        await CallAsync("RemovePodSandbox", Message(json => Text(json, 1, id)), stop);
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _process.StopAsync(TimeSpan.FromSeconds(20));
        _directory.Delete(recursive: true);
    }

    private async Task<byte[]> CallAsync(string method, byte[] request, CancellationToken stop) =>
        await _channel.CreateCallInvoker().AsyncUnaryCall(new Method<byte[], byte[]>(MethodType.Unary, "runtime.v1.RuntimeService", method, s_bytes, s_bytes), null, new CallOptions(cancellationToken: stop), request);

    private static byte[] Message(params Action<CodedOutputStream>[] fields)
    {
        using var buffer = new MemoryStream();
        using (var output = new CodedOutputStream(buffer))
            foreach (var field in fields) field(output);
        return buffer.ToArray();
    }

    private static void Text(CodedOutputStream output, int field, string text) => Bytes(output, field, Encoding.UTF8.GetBytes(text));

    private static void Bytes(CodedOutputStream output, int field, byte[] bytes)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(bytes));
    }

    /// <summary>Field 1.</summary>
    private static string ReadText(byte[] message)
    {
        using var input = new CodedInputStream(message);
        Assert.Equal(1, WireFormat.GetTagFieldNumber(input.ReadTag()));
        return input.ReadString();
    }

    /// <summary>What a sandbox runs: one program that waits for signals, and nothing else.</summary>
    private static class SandboxImage
    {
        public const string Name = "demilune.test/pause:1";

        /// <summary>An ELF file of one segment: call pause(2) for ever.</summary>
        private static byte[] Pause()
        {
            byte[] code = [0xb8, 34, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7];
            using var file = new MemoryStream();
            using var output = new BinaryWriter(file);
            output.Write([0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            output.Write((short)2);         // executable
            output.Write((short)62);        // x86-64
            output.Write(1);
            output.Write(0x400078L);        // begins behind both headers
            output.Write(64L);
            output.Write(0L);
            output.Write(0);
            foreach (short number in (short[])[64, 56, 1, 64, 0, 0]) output.Write(number);
            output.Write(1);
            output.Write(5);                // read and execute
            foreach (var number in (long[])[0, 0x400000, 0x400000, 0x78 + code.Length, 0x78 + code.Length, 0x1000]) output.Write(number);
            output.Write(code);
            return file.ToArray();
        }

        public static void Write(string path)
        {
            var layer = Tar(("pause", Pause(), UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute));
            var config = Encoding.UTF8.GetBytes($$$"""{"architecture":"amd64","os":"linux","config":{"Entrypoint":["/pause"]},"rootfs":{"type":"layers","diff_ids":["{{{Digest(layer)}}}"]}}""");
            var manifest = Encoding.UTF8.GetBytes($$$"""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{{Digest(config)}}}","size":{{{config.Length}}}},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{{{Digest(layer)}}}","size":{{{layer.Length}}}}]}""");
            var index = Encoding.UTF8.GetBytes($$$"""{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{{{Digest(manifest)}}}","size":{{{manifest.Length}}},"annotations":{"io.containerd.image.name":"{{{Name}}}"}}]}""");
            File.WriteAllBytes(path, Tar(
                [("oci-layout", """{"imageLayoutVersion":"1.0.0"}"""u8.ToArray(), UnixFileMode.UserRead), ("index.json", index, UnixFileMode.UserRead),
                    .. new[] { layer, config, manifest }.Select(blob => ($"blobs/sha256/{Digest(blob)["sha256:".Length..]}", blob, UnixFileMode.UserRead))]));
        }

        private static string Digest(byte[] blob) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(blob));

        private static byte[] Tar(params (string Name, byte[] Content, UnixFileMode Mode)[] files)
        {
            using var buffer = new MemoryStream();
            using (var tar = new TarWriter(buffer, TarEntryFormat.Ustar, leaveOpen: true))
                foreach (var (name, content, mode) in files)
                    tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content), Mode = mode });
            return buffer.ToArray();
        }
    }
}
