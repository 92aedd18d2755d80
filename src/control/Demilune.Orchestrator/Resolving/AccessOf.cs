using System.Text.Json;
using Demilune.Contracts.FirewallLink;
using Demilune.Kubernetes.Crds;

namespace Demilune.Orchestrator.Resolving;

/// <summary>A policy's allow-list as firewalls are told it.</summary>
internal static class AccessOf
{
    /// <returns>JSON; empty: it has none.</returns>
    public static string Policy(SecurityPolicySpec spec) => spec.Allow is not { } allow ? "" : JsonSerializer.Serialize(
        new EngineAccess
        {
            Http = allow.Http?.Select(http => new HttpAccess(
                http.Methods?.ToList(), http.Hosts?.ToList(), http.Paths?.Select(Text).ToList(),
                http.Headers?.Select(header => new HeaderAccess(header.Name ?? "", header.Value is null ? null : Text(header.Value))).ToList())).ToList(),
            Grpc = allow.Grpc?.Select(grpc => new GrpcAccess(grpc.Services?.ToList(), grpc.Methods?.ToList())).ToList(),
            Tls = allow.Tls?.Select(tls => new TlsAccess(tls.ServerNames?.ToList(), tls.MinVersion, tls.Ja3?.ToList(), tls.Ja4?.ToList())).ToList(),
            Dns = allow.Dns?.Select(dns => new DnsAccess(dns.Names?.ToList(), dns.Types?.ToList())).ToList(),
            Applications = allow.Applications?.ToList(),
            OnDenied = spec.OnDenied,
        },
        FirewallLinkJson.Default.EngineAccess);

    private static TextAccess Text(TextMatch text) => new(text.Exact, text.Prefix, text.Regex);
}
