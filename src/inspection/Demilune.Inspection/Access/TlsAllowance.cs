using System.Collections.Immutable;
using Demilune.Wire.Tls;

namespace Demilune.Inspection.Access;

/// <summary>TLS connections that are allowed.</summary>
/// <param name="ServerNames">Which the client asks for; empty: any, or none.</param>
/// <param name="MinVersion">The oldest that the server may choose, as in <see cref="TlsVersions"/>; 0: any.</param>
public sealed record TlsAllowance(ImmutableArray<NamePattern> ServerNames, ushort MinVersion)
{
    /// <summary>Of clients: MD5 in lower case hexadecimal; empty: any.</summary>
    public ImmutableArray<string> Ja3 { get; init; } = [];

    /// <summary>Of clients; empty: any.</summary>
    public ImmutableArray<string> Ja4 { get; init; } = [];

    internal bool Matches(TlsHello client, Fingerprints fingerprints) =>
        (ServerNames.IsEmpty || (client is { IsWellFormed: true, IsServerNameClear: true } && NamePattern.Any(ServerNames.AsSpan(), client.ServerName)))
        && (Ja3.IsEmpty || (fingerprints.Ja3 is { } ja3 && Ja3.Contains(ja3)))
        && (Ja4.IsEmpty || (fingerprints.Ja4 is { } ja4 && Ja4.Contains(ja4)));

    internal bool MatchesVersion(TlsHello server) => MinVersion == 0 || server.Version >= MinVersion || TlsVersions.Is13(server.Version);
}

/// <summary>What kind of client it is; null: its hello is not well formed, or nobody asks.</summary>
internal readonly record struct Fingerprints(string? Ja3, string? Ja4)
{
    public static Fingerprints Of(TlsHello client) =>
        client.IsWellFormed ? new(Wire.Tls.Ja3.Hash(Wire.Tls.Ja3.Text(client, true)), Wire.Tls.Ja4.Of(client, isQuic: false)) : default;
}
