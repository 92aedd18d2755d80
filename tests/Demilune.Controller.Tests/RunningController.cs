using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Demilune.Contracts.Nodes;
using Demilune.Controller.Hosting;
using Demilune.Controller.Nodes;
using Demilune.Neutron;
using Demilune.Sdn;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Demilune.Controller.Tests;

/// <summary>A controller on free ports in a directory of its own, without Kubernetes.</summary>
internal sealed class RunningController : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly WebApplication _app;
    private readonly bool _keep;

    private RunningController(string directory, WebApplication app, bool keep) => (Directory, _app, _keep) = (directory, app, keep);

    public string Directory { get; }

    public string LinkDirectory => Path.Combine(Directory, "link");

    public IServiceProvider Services => _app.Services;

    public VirtualNetwork Network => Services.GetRequiredService<VirtualNetwork>();

    public Uri this[Door door] => _app.AddressOf(door);

    public HttpClient Rest => new() { BaseAddress = this[Door.Rest], Timeout = Patience };

    public INeutron Neutron => new NeutronClient(new() { BaseAddress = this[Door.Neutron], Timeout = Patience }, new NoAuth(), TimeProvider.System);

    public static async Task<RunningController> StartAsync(Action<IServiceCollection>? add = null, string? directory = null, bool keep = false)
    {
        directory ??= System.IO.Directory.CreateTempSubdirectory("controller-tests-").FullName;
        var options = new ControllerOptions(null, Path.Combine(directory, "data"), "test", Path.Combine(directory, "link"), directory, "", "")
        {
            LinkPort = 0, RestPort = 0, NeutronPort = 0, ConsolePort = 0,
        };
        var app = ControllerHost.Build(options, services =>
        {
            services.RemoveAll<ILoggerProvider>();
            add?.Invoke(services);
        });
        await app.StartAsync();
        return new(directory, app, keep);
    }

    public string TokenOf(string node) => Services.GetRequiredService<LinkIdentity>().TokenOf(node);

    /// <summary>An agent's end of the link.</summary>
    public Agent Attach(string node, string? token = null, uint contract = 1, bool takesChanges = false) =>
        new(this[Door.NodeLink], LinkDirectory, node, token ?? TokenOf(node), contract, takesChanges);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        if (!_keep) System.IO.Directory.Delete(Directory, recursive: true);
    }

    /// <summary>What a node agent does, as far as the controller can see.</summary>
    internal sealed class Agent : IDisposable
    {
        private readonly GrpcChannel _channel;
        private readonly AsyncDuplexStreamingCall<FromNode, ToNode> _call;

        public Agent(Uri controller, string linkDirectory, string node, string token, uint contract, bool takesChanges)
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(Path.Combine(linkDirectory, "ca.crt"));
            var chain = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            chain.CustomTrustStore.AddRange(authorities);
            _channel = GrpcChannel.ForAddress(controller, new()
            {
                HttpHandler = new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = chain } },
                DisposeHttpClient = true,
            });
            _call = new NodeLink.NodeLinkClient(_channel).Attach(new Metadata { { "authorization", "Bearer " + token } });
            Hello = _call.RequestStream.WriteAsync(new() { Hello = new() { Node = node, AgentVersion = "test", Contract = contract, TakesChanges = takesChanges } });
        }

        public Task Hello { get; }

        public async Task SayAsync(FromNode message)
        {
            // The stream takes one message at a time.
            await Hello;
            await _call.RequestStream.WriteAsync(message);
        }

        /// <summary>The next state.</summary>
        public async Task<NodeState> NextAsync() => (await NextMessageAsync()).State;

        public async Task<ToNode> NextMessageAsync()
        {
            using var limit = new CancellationTokenSource(Patience);
            Assert.True(await _call.ResponseStream.MoveNext(limit.Token), "the controller closed the link");
            return _call.ResponseStream.Current;
        }

        /// <summary>States until one is as wanted.</summary>
        public async Task<NodeState> UntilAsync(Func<NodeState, bool> wanted)
        {
            while (true)
                if (await NextAsync() is { } state && wanted(state))
                    return state;
        }

        public void Dispose()
        {
            _call.Dispose();
            _channel.Dispose();
        }
    }
}
