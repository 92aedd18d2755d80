using System.Buffers;
using System.Text;
using Demilune.Wire.Http1;

namespace Demilune.Inspection.Access;

/// <summary>Which path and which hosts a request asks for, read so that no server can have another idea of them.</summary>
internal static class RequestTarget
{
    private static readonly SearchValues<byte> s_nameBytes = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._"u8);
    private static readonly SearchValues<byte> s_addressBytes = SearchValues.Create("0123456789ABCDEFabcdef:."u8);

    /// <summary>Fields by which applications behind proxies let themselves be told for which host a request is.</summary>
    private static readonly byte[][] s_otherHosts = [[.. "x-forwarded-host"u8], [.. "x-original-host"u8], [.. "x-host"u8], [.. "x-http-host-override"u8]];

    /// <summary>All of a target that is not its query.</summary>
    public static ReadOnlySpan<byte> WithoutQuery(ReadOnlySpan<byte> target) => target.IndexOf((byte)'?') is >= 0 and var mark ? target[..mark] : target;

    /// <summary>"//evil.org/x": a path to some servers; to those that resolve it as a reference (RFC 3986 §4.2) a host and another path.</summary>
    public static bool IsOfNetwork(ReadOnlySpan<byte> target) => target is [(byte)'/', (byte)'/' or (byte)'\\', ..];

    /// <summary>
    /// A fragment has no business in a request: who cuts it off sees another path than who does not. ";" ends a path for some servers. Others take control
    /// characters out, and some file systems a segment's last dots and blanks. What is no UTF-8 is decoded in many ways.
    /// </summary>
    /// <param name="path">Normalised, without the query.</param>
    public static bool IsReadAlike(ReadOnlySpan<byte> path)
    {
        if (path is not [(byte)'/', ..] || path.IndexOfAny((byte)'#', (byte)';', (byte)0x7f) >= 0 || path.IndexOfAnyInRange((byte)0, (byte)0x1f) >= 0) return false;
        foreach (var segment in path.Split((byte)'/'))
            if (path[segment].Contains((byte)'.') && path[segment].IndexOfAnyExcept((byte)'.', (byte)' ') < 0) return false;
        return System.Text.Unicode.Utf8.IsValid(path);
    }

    /// <summary>A carriage return ends a line for some servers, and what is behind it is another field to them.</summary>
    public static bool HidesFields(Http1Head head)
    {
        foreach (var field in head.Fields)
            if (head.Value(field).Contains((byte)'\r')) return true;
        return false;
    }

    /// <summary>Every host that the request names, in its target and in its fields, is one of these; and it names one.</summary>
    public static bool IsFor(Http1Head head, ReadOnlySpan<NamePattern> hosts)
    {
        var isNamed = false;
        // With its user, if it has one: "evil.org\\@shop.example" is at evil.org for some.
        var authority = head.Method.SequenceEqual("CONNECT"u8) ? head.Target : UriNormalizer.WithUser(head.Target);
        if (!authority.IsEmpty)
        {
            if (!IsOneOf(authority, hosts)) return false;
            isNamed = true;
        }
        else if (IsOfNetwork(head.Target) || head.Target is not ([(byte)'/', ..] or [(byte)'*'])) return false;
        foreach (var field in head.Fields)
        {
            var name = head.Name(field);
            var isHost = Ascii.EqualsIgnoreCase(name, "host"u8) || name.SequenceEqual(":authority"u8);
            if (!isHost && !IsAny(name, s_otherHosts)) continue;
            if (!IsOneOf(head.Value(field), hosts)) return false;
            isNamed |= isHost;
        }
        return isNamed;
    }

    /// <summary>One of these names of fields. Behind a CGI a dash and an underscore are the same.</summary>
    /// <param name="names">In lower case, with dashes.</param>
    public static bool IsAny(ReadOnlySpan<byte> name, ReadOnlySpan<byte[]> names)
    {
        foreach (var known in names)
            if (IsSame(name, known)) return true;
        return false;
    }

    /// <inheritdoc cref="IsAny"/>
    /// <param name="known">Likewise.</param>
    public static bool IsSame(ReadOnlySpan<byte> name, ReadOnlySpan<byte> known)
    {
        if (name.Length != known.Length) return false;
        for (var i = 0; i < name.Length; i++)
            if (Folded(name[i]) != Folded(known[i])) return false;
        return true;

        static byte Folded(byte octet) => octet switch { (byte)'_' => (byte)'-', >= (byte)'A' and <= (byte)'Z' => (byte)(octet | 0x20), _ => octet };
    }

    private static bool IsOneOf(ReadOnlySpan<byte> authority, ReadOnlySpan<NamePattern> hosts) =>
        HostOf(authority.Trim(" \t"u8)) is { IsEmpty: false } host && NamePattern.Any(hosts, host);

    /// <returns>Empty: not every server would find the same host in it.</returns>
    private static ReadOnlySpan<byte> HostOf(ReadOnlySpan<byte> authority)
    {
        var isAddress = authority is [(byte)'[', ..];
        var end = isAddress ? authority.IndexOf((byte)']') + 1 : authority.IndexOf((byte)':');
        if (isAddress && end == 0) return default;
        var host = end < 0 ? authority : authority[..end];
        var port = end < 0 ? default : authority[end..];
        var isClear = isAddress ? host[1..^1].IndexOfAnyExcept(s_addressBytes) < 0 : host.IndexOfAnyExcept(s_nameBytes) < 0;
        return isClear && (port.IsEmpty || (port[0] == ':' && port[1..].IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0)) ? host : default;
    }
}
