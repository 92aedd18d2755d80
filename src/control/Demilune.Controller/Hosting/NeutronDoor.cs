using System.Security.Cryptography;
using System.Text;
using Demilune.Neutron;
using Demilune.Sdn;
using Demilune.Sdn.Http;
using Demilune.Sdn.Identity;

namespace Demilune.Controller.Hosting;

/// <summary>Who may speak to the built-in Neutron: everybody, or whoever has a token of the identity service. This process always may.</summary>
internal sealed class NeutronDoor : ITokenCheck, ITokenSource
{
    private readonly ITokenCheck? _tokens;
    private readonly byte[] _own = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)));

    private NeutronDoor(ITokenCheck? tokens) => _tokens = tokens;

    /// <exception cref="IOException">The file of users cannot be used; the message says why.</exception>
    public static NeutronDoor For(ControllerOptions options, TimeProvider time) => new(
        options.NeutronIdentity.Length > 0 ? IdentityService.Open(options.NeutronIdentity, time)
        : options.NeutronKeystone is { } keystone
            ? new KeystoneTokens(new() { BaseAddress = new(keystone.AbsoluteUri.TrimEnd('/') + "/"), Timeout = TimeSpan.FromSeconds(10) }, time)
        : null);

    /// <summary>What this process itself shows.</summary>
    public ITokenSource OwnTokens => _tokens is null ? new NoAuth() : this;

    public Uri? AuthUrl => _tokens?.AuthUrl;

    public void Map(IEndpointRouteBuilder routes, VirtualNetwork network, ILogger logger)
    {
        routes.MapNeutron(network, logger, _tokens is null ? null : this);
        if (_tokens is IdentityService identity) routes.MapIdentity(identity);
    }

    public ValueTask<Grant?> FindAsync(string token, CancellationToken ct) =>
        CryptographicOperations.FixedTimeEquals(_own, Encoding.UTF8.GetBytes(token)) ? ValueTask.FromResult<Grant?>(Grant.Cluster) : _tokens!.FindAsync(token, ct);

    public ValueTask<string?> GetTokenAsync(string? refused, CancellationToken ct) => ValueTask.FromResult<string?>(Encoding.ASCII.GetString(_own));
}
