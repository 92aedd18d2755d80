using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using Demilune.Local.Pods;
using k8s;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Demilune.Local.Tests.EndToEnd;

/// <summary>The real server on a port of its own, in a directory of its own, with a node's runtime that answers without containers.</summary>
public sealed class Cluster : IAsyncLifetime
{
    private WebApplication? _app;

    public Cluster() : this(Directory.CreateTempSubdirectory("demilune-local-").FullName)
    {
    }

    internal Cluster(string root) => Root = root;

    public string Root { get; }

    /// <summary>The directory stays for another server to go on with.</summary>
    internal bool Keep { get; set; }

    public string Kubeconfig => Path.Combine(Root, "kubeconfig");

    public k8s.Kubernetes Client { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _app = LocalCluster.Build(new LocalOptions { Directory = Root, RunDirectory = Root, Port = 0, NoNode = true }, services => services.AddSingleton<IPodRuntime, EchoRuntime>());
        await _app.StartAsync();
        Client = new k8s.Kubernetes(KubernetesClientConfiguration.BuildConfigFromConfigFile(Kubeconfig));
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }
        if (!Keep) Directory.Delete(Root, recursive: true);
    }

    /// <summary>A raw request, for what the official client has no call for.</summary>
    public async Task<(int Code, string Body, HttpResponseHeaders Headers)> SendAsync(string method, string path, string? body = null, string type = "application/json", string? accept = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(Client.BaseUri, path));
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue(type));
        if (accept is not null) request.Headers.TryAddWithoutValidation("Accept", accept);
        using var response = await Client.HttpClient.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers);
    }

    /// <summary>The real kubectl. Without it the test is skipped, saying so.</summary>
    public async Task<string> KubectlAsync(string arguments, string? input = null, int expectedCode = 0)
    {
        var (code, output, error) = await TryKubectlAsync(arguments, input);
        Assert.True(code == expectedCode, $"kubectl {arguments}: exit code {code}\n{output}\n{error}");
        return expectedCode is 0 ? output : error;
    }

    public async Task<(int Code, string Output, string Error)> TryKubectlAsync(string arguments, string? input = null)
    {
        using var process = StartKubectl(arguments);
        if (input is not null) await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return (process.ExitCode, await output, await error);
    }

    public Process StartKubectl(string arguments)
    {
        var kubectl = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, "kubectl")).FirstOrDefault(File.Exists);
        Assert.SkipWhen(kubectl is null, "kubectl is not on PATH");
        var start = new ProcessStartInfo(kubectl!) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["KUBECONFIG"] = Kubeconfig;
        start.Environment["HOME"] = Root;       // kubectl's discovery cache must not outlive this server
        foreach (var argument in Split(arguments)) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    /// <summary>Words by blanks; single quotes keep one together.</summary>
    private static IEnumerable<string> Split(string arguments)
    {
        var (word, quoted, any) = (new StringBuilder(), false, false);
        foreach (var c in arguments)
        {
            if (c is '\'') (quoted, any) = (!quoted, true);
            else if (c is ' ' && !quoted)
            {
                if (any || word.Length > 0) yield return word.ToString();
                word.Clear();
                any = false;
            }
            else word.Append(c);
        }
        if (any || word.Length > 0) yield return word.ToString();
    }
}

/// <summary>A node's runtime without containers: logs are fixed, commands are echoed, <c>cat</c> copies, <c>exit N</c> exits.</summary>
public sealed class EchoRuntime : IPodRuntime
{
    public Task<Stream> OpenLogAsync(ContainerTarget target, LogRequest request, CancellationToken cancellation)
    {
        if (request.Previous) throw new PodRuntimeException($"previous terminated container \"{target.Container}\" in pod \"{target.Pod}\" not found");
        var lines = Enumerable.Range(1, 5).Select(n => $"{target.Container} line {n}\n");
        if (request.TailLines is { } tail) lines = lines.TakeLast((int)tail);
        return Task.FromResult<Stream>(new MemoryStream(Encoding.UTF8.GetBytes(string.Concat(lines))));
    }

    public async Task<int> ExecAsync(ContainerTarget target, IReadOnlyList<string> command, ProcessStreams streams, CancellationToken cancellation)
    {
        switch (command)
        {
            case ["exit", var code]:
                return int.Parse(code);
            case ["cat"]:
                await streams.Stdin!.CopyToAsync(streams.Stdout!, cancellation);
                return 0;
            default:
                await streams.Stdout!.WriteAsync(Encoding.UTF8.GetBytes(string.Join(' ', command) + "\n"), cancellation);
                if (streams.Stderr is not null) await streams.Stderr.WriteAsync("done\n"u8.ToArray(), cancellation);
                return 0;
        }
    }

    public Task<int> AttachAsync(ContainerTarget target, ProcessStreams streams, CancellationToken cancellation) => ExecAsync(target, ["attached"], streams, cancellation);
}
