using System.Net;
using System.Text;
using Demilune.Sdn;
using Demilune.Sdn.Api;

namespace Demilune.EndToEnd.Tests.Policies;

/// <summary>Requests of a Neutron client, answered by a network of this process without a socket between.</summary>
internal sealed class DirectNeutron(VirtualNetwork network) : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var query = request.RequestUri!.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2))
            .Select(pair => KeyValuePair.Create(Uri.UnescapeDataString(pair[0]), Uri.UnescapeDataString(pair.ElementAtOrDefault(1) ?? "")));
        var answer = network.Answer(new(request.Method.Method, request.RequestUri.AbsolutePath["/v2.0/".Length..])
        {
            Body = request.Content is null ? default : await request.Content.ReadAsByteArrayAsync(cancellationToken),
            Query = [.. query],
            // The cluster's own: a tenant's quotas are a tenant's.
            Caller = new(Caller.ClusterProject, IsAdmin: true),
            Url = request.RequestUri.GetLeftPart(UriPartial.Path),
        });
        return new((HttpStatusCode)answer.Status) { Content = new StringContent(answer.Body?.ToJsonString() ?? "", Encoding.UTF8, "application/json") };
    }
}
