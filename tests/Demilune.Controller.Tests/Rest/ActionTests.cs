using System.Net;
using System.Net.Http.Headers;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Demilune.Console.Access;
using Demilune.Console.Reading;
using Demilune.Controller.Access;
using Demilune.Controller.Hosting;
using Demilune.Controller.Rest;
using Demilune.Kubernetes.Api;
using Demilune.Orchestrator;
using Demilune.Orchestrator.Alarms;
using Demilune.Orchestrator.Jobs;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Demilune.Controller.Tests.Rest;

public sealed class ActionTests
{
    [Fact]
    public async Task Nobody_acts_without_a_token_that_kubernetes_knows_and_every_attempt_is_written_down()
    {
        await using var server = await Deployment.ApiServer.StartAsync();
        await server.KubectlAsync("", "create", "namespace", "people");
        await server.KubectlAsync("", "create", "serviceaccount", "ops", "-n", "people");
        var token = (await server.KubectlAsync("", "create", "token", "ops", "-n", "people")).Trim();
        await using var controller = await RunningController.StartAsync(services => services
            .AddSingleton(_ => KubernetesApi.Connect(server.Kubeconfig)).AddSingleton<ITokenAuthority, TokenAuthority>().AddSingleton<Operations>());
        using var rest = controller.Rest;
        Assert.Empty(JsonNode.Parse(await rest.GetStringAsync("v1/alarms"))!["alarms"]!.AsArray());
        Assert.Empty(JsonNode.Parse(await rest.GetStringAsync("v1/jobs"))!["jobs"]!.AsArray());

        using (var anonymous = await rest.PostAsync("v1/alarms/acknowledge?id=x", null)) Assert.Equal(HttpStatusCode.Unauthorized, anonymous.StatusCode);
        rest.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "made-up");
        using (var stranger = await rest.PostAsync("v1/alarms/acknowledge?id=x", null)) Assert.Equal(HttpStatusCode.Unauthorized, stranger.StatusCode);
        rest.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using (var known = await rest.PostAsync("v1/alarms/acknowledge?id=x", null)) Assert.Equal(HttpStatusCode.NotFound, known.StatusCode);

        var audit = Path.Combine(controller.Directory, "data", "audit.json");
        var lines = (await File.ReadAllLinesAsync(audit, TestContext.Current.CancellationToken)).Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Equal(["refused: 401", "refused: 401", "ok"], lines.Select(line => (string)line["outcome"]!));
        Assert.Equal(("system:serviceaccount:people:ops", "acknowledge", "x"), ((string)lines[2]["who"]!, (string)lines[2]["action"]!, (string)lines[2]["target"]!));
    }

    [Fact]
    public async Task The_document_describes_every_route_and_no_other()
    {
        await using var controller = await RunningController.StartAsync();
        using var rest = controller.Rest;
        var paths = JsonNode.Parse(await rest.GetStringAsync("v1/openapi.json"))!["paths"]!.AsObject();
        var described = paths.SelectMany(path => path.Value!.AsObject().Select(method => $"{method.Key.ToUpperInvariant()} {path.Key}")).Order().ToList();
        var routes = new List<string>();
        var builder = new Routes(controller.Services);
        builder.MapRest();
        foreach (var endpoint in builder.DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>())
            foreach (var method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods) routes.Add($"{method} {endpoint.RoutePattern.RawText!.Replace(":long", "", StringComparison.Ordinal)}");
        Assert.Equal(routes.Order(), described);
    }

    [Theory]
    [InlineData(typeof(ClusterView))]
    [InlineData(typeof(PodView))]
    [InlineData(typeof(PolicyView))]
    [InlineData(typeof(SecurityPolicyView))]
    [InlineData(typeof(FirewallView))]
    [InlineData(typeof(NodeView))]
    [InlineData(typeof(InstanceView))]
    [InlineData(typeof(ManagerView))]
    [InlineData(typeof(ManagedPolicyView))]
    [InlineData(typeof(TrafficView))]
    [InlineData(typeof(LinkView))]
    [InlineData(typeof(AlertView))]
    [InlineData(typeof(AlertRecord))]
    [InlineData(typeof(FlowView))]
    [InlineData(typeof(Job))]
    [InlineData(typeof(Alarm))]
    public async Task It_names_each_property_of_what_is_answered_and_no_other(Type answered)
    {
        await using var controller = await RunningController.StartAsync();
        using var rest = controller.Rest;
        var schema = JsonNode.Parse(await rest.GetStringAsync("v1/openapi.json"))!["components"]!["schemas"]![answered.Name]!;
        Assert.Equal(
            answered.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name)).Order(),
            schema["properties"]!.AsObject().Select(property => property.Key).Order());
    }

    private sealed class Routes(IServiceProvider services) : IEndpointRouteBuilder
    {
        public IServiceProvider ServiceProvider => services;

        public ICollection<EndpointDataSource> DataSources { get; } = [];

        public Microsoft.AspNetCore.Builder.IApplicationBuilder CreateApplicationBuilder() => throw new NotSupportedException();
    }
}
