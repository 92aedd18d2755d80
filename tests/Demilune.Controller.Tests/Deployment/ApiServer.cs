using System.Collections.Concurrent;
using System.Diagnostics;
using Demilune.Local;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Demilune.Controller.Tests.Deployment;

/// <summary>The local API server, remembering what it is asked by whom that is not kubectl.</summary>
internal sealed class ApiServer : IAsyncDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("controller-deployment-").FullName;
    private readonly WebApplication _app;

    private ApiServer() => _app = LocalCluster.Build(
        new LocalOptions { Directory = _root, RunDirectory = _root, Port = 0, NoNode = true },
        services => services.AddSingleton<IStartupFilter>(new Recorder(Requests)));

    public string Kubeconfig => Path.Combine(_root, "kubeconfig");

    public ConcurrentQueue<ApiRequest> Requests { get; } = [];

    public static async Task<ApiServer> StartAsync()
    {
        var server = new ApiServer();
        await server._app.StartAsync();
        return server;
    }

    /// <summary>The real kubectl. Without it the test is skipped, saying so.</summary>
    public async Task<string> KubectlAsync(string input, params string[] arguments)
    {
        var kubectl = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, "kubectl")).FirstOrDefault(File.Exists);
        Assert.SkipWhen(kubectl is null, "kubectl is not on PATH");
        var start = new ProcessStartInfo(kubectl!, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        (start.Environment["KUBECONFIG"], start.Environment["HOME"]) = (Kubeconfig, _root);
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(RunningController.Patience);
        Assert.True(process.ExitCode == 0, $"kubectl {string.Join(' ', arguments)}: {await error}");
        return await output;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    private sealed class Recorder(ConcurrentQueue<ApiRequest> requests) : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use((HttpContext context, RequestDelegate go) =>
            {
                if (!context.Request.Headers.UserAgent.ToString().StartsWith("kubectl", StringComparison.Ordinal)
                    && ApiRequest.TryParse(context.Request) is { } request) requests.Enqueue(request);
                return go(context);
            });
            next(app);
        };
    }
}

/// <summary>A request in the words of authorization.</summary>
/// <param name="Resource">With its subresource: "pods/status".</param>
internal sealed record ApiRequest(string Verb, string Group, string Resource, string Namespace, string Name)
{
    /// <returns>Null: no object is concerned (discovery, health).</returns>
    public static ApiRequest? TryParse(HttpRequest request)
    {
        var parts = request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var (group, rest) = parts switch
        {
            ["api", _, .. var core] => ("", core),
            ["apis", var named, _, .. var of] => (named, of),
            _ => ("", []),
        };
        var ns = "";
        if (rest is ["namespaces", var inside, _, ..]) (ns, rest) = (inside, rest[2..]);
        if (rest.Length == 0) return null;
        var name = rest.Length > 1 ? rest[1] : "";
        var verb = (request.Method, name) switch
        {
            ("GET", "") => request.Query.ContainsKey("watch") ? "watch" : "list",
            ("GET", _) => "get",
            ("POST", _) => "create",
            ("PUT", _) => "update",
            ("PATCH", _) => "patch",
            _ => "delete",
        };
        return new(verb, group, rest.Length > 2 ? $"{rest[0]}/{rest[2]}" : rest[0], ns, name);
    }
}
