using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Demilune.Kubernetes.Api;
using k8s;

namespace Demilune.Kubernetes.Tests;

/// <summary>An API server that says exactly what a test scripts: one answer per request, in order of arrival per path.</summary>
internal sealed class ApiStub : IDisposable
{
    private readonly HttpListener _listener;
    private readonly CancellationTokenSource _stop = new();

    public ApiStub()
    {
        (_listener, var port) = Listen();
        Api = new KubernetesApi(new KubernetesClientConfiguration { Host = $"http://127.0.0.1:{port}" });
        _ = ServeAsync();
    }

    public KubernetesApi Api { get; }

    /// <summary>"METHOD path?query body".</summary>
    public ConcurrentQueue<(string Method, string Path, string Body)> Requests { get; } = new();

    /// <summary>Decides the answer to a request.</summary>
    public Func<string, string, string, Answer> Respond { get; set; } = (_, _, _) => Answer.Status(404, "NotFound");

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Close();
        Api.Dispose();
    }

    private static (HttpListener Listener, int Port) Listen()
    {
        for (var attempt = 0; ; attempt++)
        {
            // One that could not start is of no more use.
            var listener = new HttpListener();
            var port = Random.Shared.Next(20_000, 60_000);
            listener.Prefixes.Add($"http://127.0.0.1:{port}/");
            try
            {
                listener.Start();
                return (listener, port);
            }
            catch (HttpListenerException) when (attempt < 20)
            {
                // Somebody has that port.
            }
        }
    }

    private async Task ServeAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception) when (_stop.IsCancellationRequested || !_listener.IsListening)
            {
                return;
            }
            _ = AnswerAsync(context);
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            using var reader = new StreamReader(context.Request.InputStream);
            var (method, path, body) = (context.Request.HttpMethod, context.Request.RawUrl!, await reader.ReadToEndAsync());
            Requests.Enqueue((method, path, body));
            var answer = Respond(method, path, body);
            context.Response.StatusCode = answer.Code;
            context.Response.SendChunked = true;
            foreach (var line in answer.Lines)
            {
                await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"));
                await context.Response.OutputStream.FlushAsync();
            }
            if (answer.StaysOpen) await Task.Delay(Timeout.Infinite, _stop.Token);
            context.Response.Close();
        }
        catch (Exception) when (_stop.IsCancellationRequested || !_listener.IsListening)
        {
            // The test is over.
        }
        catch (HttpListenerException)
        {
            // The client went away.
        }
    }

    internal sealed record Answer(int Code, IReadOnlyList<string> Lines, bool StaysOpen = false)
    {
        public static Answer Ok(JsonNode body) => new(200, [body.ToJsonString()]);

        public static Answer Status(int code, string reason) =>
            new(code, [$$"""{"kind":"Status","status":"Failure","reason":"{{reason}}","code":{{code}},"message":"{{reason}} said the stub"}"""]);

        public static Answer List(string version, params string[] pods) => new(
            200, [$$"""{"kind":"PodList","metadata":{"resourceVersion":"{{version}}"},"items":[{{string.Join(',', pods)}}]}"""]);

        public static Answer Watch(bool staysOpen, params string[] events) => new(200, events, staysOpen);
    }

    public static string Pod(string name, string version, string uid = "u") =>
        $$"""{"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{name}}","namespace":"ns","uid":"{{uid}}","resourceVersion":"{{version}}","labels":{"app":"{{name}}"} } }""";

    public static string Event(string type, string obj) => $$"""{"type":"{{type}}","object":{{obj}}}""";
}
