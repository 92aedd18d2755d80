using System.Collections.Immutable;
using Demilune.Wire.Dns;

namespace Demilune.Inspection.Access;

/// <summary>Questions that may be asked.</summary>
/// <param name="Names">Empty: any.</param>
/// <param name="Types">Empty: any.</param>
public sealed record DnsAllowance(ImmutableArray<NamePattern> Names, ImmutableArray<DnsType> Types)
{
    internal bool Matches(ReadOnlySpan<byte> name, DnsType type) =>
        (Types.IsEmpty || Types.Contains(type)) && NamePattern.Any(Names.AsSpan(), name);
}
