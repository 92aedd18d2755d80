using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Demilune.Sdn.Store.Etcd;

namespace Demilune.Sdn.Tests.Store;

/// <summary>A real etcd, alone, that can be killed and comes back with what it had.</summary>
internal sealed class Etcd : IDisposable
{
    private const string Program = "/usr/bin/etcd";

    private readonly string _directory = Directory.CreateTempSubdirectory("etcd-").FullName;
    private readonly int _client = FreePort(), _peer = FreePort();
    private Process? _process;

    public Etcd() => Start();

    public static bool IsThere => File.Exists(Program);

    public Uri Endpoint => new(Url);

    /// <summary>As etcd wants it: without a slash at its end.</summary>
    private string Url => $"http://127.0.0.1:{_client}";

    public EtcdOptions Options => new([Endpoint], "/demilune/test/network/");

    public void Start()
    {
        var start = new ProcessStartInfo(Program,
        [
            "--data-dir", _directory, "--listen-client-urls", Url, "--advertise-client-urls", Url, "--listen-peer-urls", $"http://127.0.0.1:{_peer}",
            "--initial-advertise-peer-urls", $"http://127.0.0.1:{_peer}", "--initial-cluster", $"default=http://127.0.0.1:{_peer}", "--max-txn-ops", "10000", "--logger", "zap", "--log-level", "error",
        ])
        {
            RedirectStandardError = true, RedirectStandardOutput = true,
        };
        _process = Process.Start(start)!;
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        using var client = new EtcdClient(Options);
        for (var waited = Stopwatch.StartNew(); ; Thread.Sleep(50))
        {
            try
            {
                client.Call("v3/kv/range", new() { ["key"] = EtcdClient.Encode("/") });
                return;
            }
            catch (IOException) when (waited.Elapsed < TimeSpan.FromMinutes(1))
            {
                // Not yet.
            }
        }
    }

    public void Kill()
    {
        _process!.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    public void Dispose()
    {
        if (_process is not null) Kill();
        Directory.Delete(_directory, recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
