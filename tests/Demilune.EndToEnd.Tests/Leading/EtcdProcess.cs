using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Demilune.Cli.Walk;

namespace Demilune.EndToEnd.Tests.Leading;

/// <summary>A real etcd, alone, in a directory of its own.</summary>
internal sealed class EtcdProcess : IDisposable
{
    private const string Program = "/usr/bin/etcd";

    private readonly string _directory = Directory.CreateTempSubdirectory("etcd-").FullName;
    private readonly Process _process;

    private EtcdProcess(Uri address, Uri peers)
    {
        // As etcd wants them: without a slash at the end.
        var (here, there) = (address.GetLeftPart(UriPartial.Authority), peers.GetLeftPart(UriPartial.Authority));
        Address = address;
        _process = Process.Start(new ProcessStartInfo(Program,
        [
            "--data-dir", _directory, "--listen-client-urls", here, "--advertise-client-urls", here, "--listen-peer-urls", there,
            "--initial-advertise-peer-urls", there, "--initial-cluster", $"default={there}", "--max-txn-ops", "10000", "--logger", "zap", "--log-level", "error",
        ])
        {
            RedirectStandardError = true, RedirectStandardOutput = true,
        })!;
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
    }

    public static bool IsThere => File.Exists(Program);

    public Uri Address { get; }

    public static async Task<EtcdProcess> StartAsync(CancellationToken stop)
    {
        var etcd = new EtcdProcess(FreeAddress(), FreeAddress());
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        await Scene.UntilAsync("etcd answers", async () =>
        {
            try
            {
                return (await client.GetAsync(new Uri(etcd.Address, "/health"), stop)).IsSuccessStatusCode;
            }
            catch (Exception error) when (error is HttpRequestException or TaskCanceledException && !stop.IsCancellationRequested)
            {
                return false;
            }
        }, TimeSpan.FromMinutes(1), stop);
        return etcd;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static Uri FreeAddress()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
    }
}
