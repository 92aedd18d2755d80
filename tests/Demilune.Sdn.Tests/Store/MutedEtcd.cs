using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Demilune.Sdn.Tests.Store;

/// <summary>Stands before an etcd and holds its first watch without a word, as a connection does whose other end went without one.</summary>
internal sealed class MutedEtcd : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _etcd;
    private int _watches;

    public MutedEtcd(Uri etcd)
    {
        _etcd = new HttpClient { BaseAddress = etcd, Timeout = Timeout.InfiniteTimeSpan };
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Urls.Add("http://127.0.0.1:0");
        _app.Run(PassAsync);
        _app.Start();
    }

    public Uri Endpoint => new(_app.Urls.Single());

    public int Watches => Volatile.Read(ref _watches);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _etcd.Dispose();
    }

    private async Task PassAsync(HttpContext context)
    {
        var path = context.Request.Path.Value![1..];
        if (path == "v3/watch" && Interlocked.Increment(ref _watches) == 1)
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StreamContent(context.Request.Body) };
        using var answer = await _etcd.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
        context.Response.StatusCode = (int)answer.StatusCode;
        await using var body = await answer.Content.ReadAsStreamAsync(context.RequestAborted);
        var buffer = new byte[1 << 16];
        while (await body.ReadAsync(buffer, context.RequestAborted) is var read and > 0)
        {
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }
}
