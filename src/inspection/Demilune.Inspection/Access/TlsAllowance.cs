using System.Collections.Immutable;
using Demilune.Wire.Tls;

namespace Demilune.Inspection.Access;

/// <summary>TLS connections that are allowed.</summary>
/// <param name="ServerNames">Which the client asks for; empty: any, or none.</param>
/// <param name="MinVersion">The oldest that the server may choose, as in <see cref="TlsVersions"/>; 0: any.</param>
public sealed record TlsAllowance(ImmutableArray<NamePattern> ServerNames, ushort MinVersion)
{
    internal bool Matches(TlsHello client) => ServerNames.IsEmpty || (client.IsWellFormed && NamePattern.Any(ServerNames.AsSpan(), client.ServerName));

    internal bool MatchesVersion(TlsHello server) => MinVersion == 0 || server.Version >= MinVersion || TlsVersions.Is13(server.Version);
}
