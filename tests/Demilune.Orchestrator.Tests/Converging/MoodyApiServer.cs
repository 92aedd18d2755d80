using System.Collections.Concurrent;
using Demilune.Kubernetes.Api;
using Demilune.Local;
using k8s;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Demilune.Orchestrator.Tests.Converging;

/// <summary>The local API server, with moods: it is slow, refuses, does what it was asked and hangs up before it says so, ends watches.</summary>
internal sealed class MoodyApiServer : IAsyncDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("moody-api-").FullName;
    private readonly Random _random;
    private readonly WebApplication _app;

    private MoodyApiServer(int seed)
    {
        _random = new(seed);
        _app = LocalCluster.Build(
            new LocalOptions { Directory = _root, RunDirectory = _root, Port = 0, NoNode = true }, services => services.AddSingleton<IStartupFilter>(new Moods(this)));
    }

    /// <summary>While it is not, every fourth request meets a mood.</summary>
    public bool IsSane { get; set; } = true;

    /// <summary>What it did to pods, whether it said so or not: "POST PATH", "DELETE PATH".</summary>
    public ConcurrentQueue<string> Done { get; } = [];

    public int MoodsMet { get; private set; }

    public static async Task<MoodyApiServer> StartAsync(int seed)
    {
        var server = new MoodyApiServer(seed);
        await server._app.StartAsync();
        return server;
    }

    public KubernetesApi Connect() => new(KubernetesClientConfiguration.BuildConfigFromConfigFile(Path.Combine(_root, "kubeconfig")));

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    private async Task AnswerAsync(HttpContext context, RequestDelegate go)
    {
        var mood = Mood();
        if (mood == 1)
        {
            context.Response.StatusCode = 500;
            return;
        }
        if (mood == 2)
        {
            (context.Response.StatusCode, context.Response.Headers.RetryAfter) = (429, "1");
            return;
        }
        if (mood == 3)
        {
            context.Abort();
            return;
        }
        if (mood == 4) await Task.Delay(200, context.RequestAborted);
        // A watch ends after a while whatever is said in it.
        using var end = mood == 5 ? new CancellationTokenSource(100) : null;
        using var hangUp = end?.Token.Register(context.Abort);
        var body = context.Response.Body;
        // Done, and nobody is told.
        if (mood == 6) context.Response.Body = Stream.Null;
        await go(context);
        if (context.Response.StatusCode is >= 200 and < 300 && context.Request.Path.Value is { } path && path.Contains("/pods", StringComparison.Ordinal) && context.Request.Method is "POST" or "DELETE")
            Done.Enqueue($"{context.Request.Method} {context.Request.Path}");
        if (mood != 6) return;
        context.Response.Body = body;
        context.Abort();
    }

    private int Mood()
    {
        if (IsSane) return 0;
        lock (_random)
        {
            var mood = _random.Next(24);
            if (mood is >= 1 and <= 6) MoodsMet++;
            return mood;
        }
    }

    private sealed class Moods(MoodyApiServer server) : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use((HttpContext context, RequestDelegate go) => server.AnswerAsync(context, go));
            next(app);
        };
    }
}
