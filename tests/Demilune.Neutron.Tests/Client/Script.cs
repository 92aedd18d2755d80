using System.Net;
using System.Text;

namespace Demilune.Neutron.Tests.Client;

/// <summary>A server that answers what it was told to, in order, and remembers what it was asked.</summary>
internal sealed class Script : HttpMessageHandler
{
    private readonly Queue<Func<HttpResponseMessage>> _answers = new();

    public List<string> Asked { get; } = [];

    public Script Then(int status, string body, params (string Name, string Value)[] headers)
    {
        _answers.Enqueue(() =>
        {
            var answer = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            foreach (var (name, value) in headers) answer.Headers.TryAddWithoutValidation(name, value);
            return answer;
        });
        return this;
    }

    public NeutronClient Client(ITokenSource? tokens = null, TimeProvider? time = null) =>
        new(new HttpClient(this) { BaseAddress = new("http://neutron/") }, tokens ?? new NoAuth(), time ?? TimeProvider.System);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? "" : " " + await request.Content.ReadAsStringAsync(cancellationToken);
        var token = request.Headers.TryGetValues("X-Auth-Token", out var tokens) ? $" token={tokens.Single()}" : "";
        var match = request.Headers.TryGetValues("If-Match", out var matches) ? $" if={matches.Single()}" : "";
        Asked.Add($"{request.Method} {request.RequestUri!.PathAndQuery}{token}{match}{body}");
        return _answers.Dequeue()();
    }
}
