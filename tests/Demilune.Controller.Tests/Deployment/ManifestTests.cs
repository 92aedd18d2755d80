using System.Text.Json.Nodes;
using Demilune.Controller.Hosting;
using Demilune.Controller.Nodes;
using Demilune.Controller.Rest;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Demilune.Controller.Tests.Deployment;

/// <summary>deploy/kubernetes, on an API server.</summary>
public sealed class ManifestTests
{
    private const string Shop = """
        {"apiVersion":"v1","kind":"List","items":[
          {"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}},
          {"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"shop","labels":{"app":"web"}},
           "spec":{"nodeName":"n1","containers":[{"name":"web","image":"web"}]}},
          {"apiVersion":"demilune.dev/v1alpha1","kind":"SecurityPolicy","metadata":{"name":"web-attacks"},"spec":{"rules":[{"builtin":"web-baseline"}]}},
          {"apiVersion":"v1","kind":"Secret","metadata":{"name":"manager","namespace":"demilune-system"},"type":"demilune.dev/security-manager","data":{"token":"eA=="}},
          {"apiVersion":"demilune.dev/v1alpha1","kind":"SecurityManager","metadata":{"name":"away"},"spec":{"url":"http://127.0.0.1:1","tokenSecret":"manager"}},
          {"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"web","namespace":"shop","annotations":{"demilune.dev/security-policy":"web-attacks"}},
           "spec":{"podSelector":{"matchLabels":{"app":"web"}},"ingress":[{}]}}]}
        """;

    private static readonly string Manifests = Path.Combine(Top(), "deploy", "kubernetes");
    private static readonly string SeveralControllers = Path.Combine(Top(), "deploy", "high-availability");

    [Fact]
    public async Task The_api_server_takes_every_manifest()
    {
        await using var server = await ApiServer.StartAsync();
        // A dry run makes no namespace for what comes after it.
        await server.KubectlAsync("", "apply", "-f", Path.Combine(Manifests, "namespace.yaml"));
        var output = await server.KubectlAsync("", "apply", "--dry-run=server", "-k", Manifests);
        Assert.Contains("daemonset.apps/demilune-node created (server dry run)", output);
        Assert.Contains("deployment.apps/demilune-controller created (server dry run)", output);
        Assert.Contains("uninstall created", await server.KubectlAsync("", "apply", "--dry-run=server", "-f", Path.Combine(Manifests, "uninstall.yaml")));
    }

    [Fact]
    public async Task The_api_server_takes_the_manifests_of_several_controllers()
    {
        await using var server = await ApiServer.StartAsync();
        await server.KubectlAsync("", "apply", "-k", Manifests);
        // From one to several.
        await server.KubectlAsync("", "apply", "-k", SeveralControllers);
        var deployment = JsonNode.Parse(await server.KubectlAsync("", "get", "deployment", "demilune-controller", "-n", "demilune-system", "-o", "json"))!["spec"]!;
        Assert.Equal(2, (int)deployment["replicas"]!);
        var container = deployment["template"]!["spec"]!["containers"]![0]!;
        Assert.Equal("/healthz", (string?)container["readinessProbe"]!["httpGet"]!["path"]);
        Assert.Contains("--advertise-address=$(HOST_IP)", container["args"]!.AsArray().Select(argument => (string?)argument));
        var service = JsonNode.Parse(await server.KubectlAsync("", "get", "service", "demilune-controller", "-n", "demilune-system", "-o", "json"))!["spec"]!;
        Assert.Null(service["selector"]);
        Assert.Equal(["node-link", "rest"], service["ports"]!.AsArray().Select(port => (string?)port!["name"]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_controller_asks_for_nothing_that_its_roles_do_not_grant(bool several)
    {
        await using var server = await ApiServer.StartAsync();
        await server.KubectlAsync("", "apply", "-k", several ? SeveralControllers : Manifests);
        await server.KubectlAsync(Shop, "apply", "--validate=false", "-f", "-");
        var roles = await RolesAsync(server);
        var directory = Directory.CreateTempSubdirectory("controller-roles-").FullName;
        // Port 0 will not do for Neutron's API: Raven is told the number before there is one.
        var options = new ControllerOptions(
            server.Kubeconfig, Path.Combine(directory, "data"), "test", Path.Combine(directory, "link"), "/run/demilune", "10.244.0.0/16", "")
        {
            LinkPort = 0, RestPort = 0, NeutronPort = FreePort(), ConsolePort = 0,
            AdvertiseAddress = several ? System.Net.IPAddress.Parse("192.0.2.7") : null,
        };
        if (several)
        {
            using var api = Kubernetes.Api.KubernetesApi.Connect(server.Kubeconfig);
            await new SharedAuthority(api, "node-link-authority", options.NodeLinkDirectory, TimeProvider.System, NullLogger<SharedAuthority>.Instance).TakeAsync(TestContext.Current.CancellationToken);
        }
        await using (var controller = ControllerHost.Build(options, services =>
        {
            services.RemoveAll<ILoggerProvider>();
            services.AddControlPlane(options);
            services.AddHostedService<ServicePublication>();
            services.AddHostedService<LinkPublication>();
        }))
        {
            await controller.StartAsync();
            // A firewall was started, one that its node refused is taken away, and everybody's state is said.
            var pod = await UntilAsync(server, request => request is { Verb: "create", Resource: "pods" }, "pods", "demilune-system");
            await server.KubectlAsync("", "delete", "pod", "web", "-n", "shop", "--wait=false");
            await UntilAsync(server, request => request is { Verb: "patch", Resource: "securitypolicies/status" });
            await UntilAsync(server, request => request is { Verb: "patch", Resource: "podports/status" });
            await UntilAsync(server, request => request is { Verb: "patch", Resource: "securitymanagers/status" });
            await UntilAsync(server, request => request is { Verb: "patch", Resource: "configmaps" });
            await UntilAsync(server, request => request is { Verb: "create", Resource: "events" });
            Assert.NotEmpty(pod);
            if (several)
            {
                await UntilAsync(server, request => request is { Verb: "patch", Resource: "endpointslices" });
                // Whoever leads is where the Service leads.
                Assert.Equal("192.0.2.7 node-link rest", await server.KubectlAsync("", "get", "endpointslice", "demilune-controller", "-n", "demilune-system",
                    "-o", "jsonpath={.endpoints[*].addresses[0]} {.ports[0].name} {.ports[1].name}"));
            }
            await controller.StopAsync();
        }
        Directory.Delete(directory, recursive: true);
        var refused = server.Requests.Distinct().Where(request => !roles.Any(role => role.Covers(request))).ToList();
        Assert.True(refused.Count == 0, $"deploy/kubernetes/rbac.yaml does not grant {string.Join("; ", refused)}");
        var link = JsonNode.Parse(await server.KubectlAsync("", "get", "configmap", "node-link", "-n", "demilune-system", "-o", "json"))!["data"]!.AsObject();
        Assert.Equal("ca.crt", Assert.Single(link).Key);      // and never a key
    }

    private static async Task<string> UntilAsync(ApiServer server, Func<ApiRequest, bool> wanted, string resource = "", string ns = "")
    {
        for (var waited = TimeSpan.Zero; waited < RunningController.Patience; waited += TimeSpan.FromMilliseconds(50))
        {
            if (server.Requests.Any(wanted)) return resource.Length == 0 ? "" : await server.KubectlAsync("", "get", resource, "-n", ns, "-o", "name");
            await Task.Delay(50);
        }
        throw new TimeoutException("the controller did not do what it should; it asked " + string.Join("; ", server.Requests.Distinct()));
    }

    private static async Task<List<Grant>> RolesAsync(ApiServer server)
    {
        var role = JsonNode.Parse(await server.KubectlAsync("", "get", "roles", "-n", "demilune-system", "-o", "json"))!["items"]!.AsArray()
            .Where(one => ((string)one!["metadata"]!["name"]!).StartsWith("demilune-controller", StringComparison.Ordinal));
        var cluster = JsonNode.Parse(await server.KubectlAsync("", "get", "clusterrole", "demilune-controller", "-o", "json"))!;
        return [.. role.SelectMany(one => one!["rules"]!.AsArray()).Select(rule => new Grant(rule!, "demilune-system")), .. cluster["rules"]!.AsArray().Select(rule => new Grant(rule!, null))];
    }

    private static int FreePort()
    {
        using var socket = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        socket.Start();
        return ((System.Net.IPEndPoint)socket.LocalEndpoint).Port;
    }

    private static string Top()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Demilune.slnx"))) directory = Path.GetDirectoryName(directory)!;
        return directory;
    }

    /// <summary>A rule of a role, as RBAC understands it; no wildcards: ours have none.</summary>
    private sealed record Grant(JsonNode Rule, string? Namespace)
    {
        public bool Covers(ApiRequest request) =>
            (Namespace is null || request.Namespace == Namespace) && Has("apiGroups", request.Group) && Has("resources", request.Resource)
            && Has("verbs", request.Verb) && (Rule["resourceNames"] is null || Has("resourceNames", request.Name));

        private bool Has(string list, string value) => Rule[list]!.AsArray().Any(one => (string?)one == value);
    }
}
