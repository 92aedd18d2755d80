using System.Buffers;
using System.Net;
using System.Text;

namespace Demilune.Inspection.Events.Eve;

/// <summary>Who is behind a proxy, as the proxy says in a field of each request of HTTP/1 (Suricata's <c>xff</c>).</summary>
/// <param name="Field">The field's name. Its needs <see cref="HttpOptions.TellsHeads"/>.</param>
/// <param name="IsReverse">The proxy is ours, and is believed alone: what it has added, at the end, counts. Otherwise the client's own proxies are, and the first does.</param>
/// <param name="Overwrites">The address takes the client's place; otherwise it is told beside it.</param>
public sealed record ForwardedFor(string Field, bool IsReverse, bool Overwrites)
{
    /// <summary>Shorter values are no address, and of longer ones Suricata makes nothing either.</summary>
    private const int MinLength = 7, MaxLength = 255;

    private readonly byte[] _field = Encoding.ASCII.GetBytes(Field);

    /// <returns>The address as it was written, without a port; empty: the request has none.</returns>
    internal ReadOnlySpan<byte> Find(HttpFields http)
    {
        if (http.Details is not null || http.RequestHeaders is not { } headers) return default;
        foreach (var header in headers)
            if (Ascii.EqualsIgnoreCase(header.Name, _field)) return header.Value.Length is >= MinLength and <= MaxLength ? AddressIn(header.Value) : default;
        return default;
    }

    private ReadOnlySpan<byte> AddressIn(ReadOnlySpan<byte> chain)
    {
        var comma = IsReverse ? chain.LastIndexOf((byte)',') : chain.IndexOf((byte)',');
        var one = (comma < 0 ? chain : IsReverse ? chain[(comma + 1)..] : chain[..comma]).Trim(" \t\""u8);
        if (one is [(byte)'[', ..])
        {
            var end = one.IndexOf((byte)']');
            one = end < 0 ? default : one[1..end];
        }
        else if (one.IndexOf((byte)'.') is > 0 and var dot && one.IndexOf((byte)':') is var port && port > dot)
        {
            one = one[..port];
        }
        Span<char> text = stackalloc char[MaxLength];
        return Ascii.IsValid(one) && Encoding.ASCII.TryGetChars(one, text, out var length) && IPAddress.TryParse(text[..length], out _) ? one : default;
    }
}
