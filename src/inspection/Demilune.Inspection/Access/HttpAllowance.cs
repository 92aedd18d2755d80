using System.Collections.Immutable;
using System.Text;
using Demilune.Inspection.Sessions.Http;
using Demilune.Rules.Buffers;
using Demilune.Wire.Http1;

namespace Demilune.Inspection.Access;

/// <summary>Requests that are allowed: all that is said must hold; an empty list says nothing.</summary>
/// <param name="Methods">As on the wire; case matters (RFC 9110 §9.1).</param>
/// <param name="Hosts">Of the target or the Host field, without a port.</param>
/// <param name="Paths">Of the normalised path, without the query.</param>
/// <param name="Headers">Fields that must be there, once, with these values.</param>
public sealed record HttpAllowance(
    ImmutableArray<string> Methods, ImmutableArray<NamePattern> Hosts, ImmutableArray<TextPattern> Paths, ImmutableArray<HeaderPattern> Headers)
{
    private readonly byte[][] _methods = [.. Methods.Select(Encoding.ASCII.GetBytes)];

    /// <summary>By which applications behind a firewall let themselves be told another method or another path than it saw.</summary>
    private static readonly byte[][] s_otherMethods = [[.. "x-http-method-override"u8], [.. "x-http-method"u8], [.. "x-method-override"u8]];
    private static readonly byte[][] s_otherPaths = [[.. "x-original-url"u8], [.. "x-rewrite-url"u8]];

    internal bool Matches(HttpMessage request, Http1Head head, bool isPlain)
    {
        if (!IsMethod(request[BufferId.HttpMethod])) return false;
        if (_methods.Length > 0)
            foreach (var name in s_otherMethods)
                if (head.Value(name) is { IsEmpty: false } other && !IsMethod(other)) return false;
        if (!Hosts.IsEmpty && !NamePattern.Any(Hosts.AsSpan(), request[BufferId.HttpHost])) return false;
        if (!Paths.IsEmpty)
        {
            if (!isPlain || !IsPath(request[BufferId.HttpUri])) return false;
            foreach (var name in s_otherPaths)
                if (!head.Value(name).IsEmpty) return false;
        }
        foreach (var header in Headers)
            if (!header.Matches(head)) return false;
        return true;
    }

    private bool IsMethod(ReadOnlySpan<byte> method)
    {
        foreach (var known in _methods)
            if (method.SequenceEqual(known)) return true;
        return _methods.Length == 0;
    }

    private bool IsPath(ReadOnlySpan<byte> uri)
    {
        var query = uri.IndexOf((byte)'?');
        var path = query < 0 ? uri : uri[..query];
        // A fragment has no business in a request; who cuts it off sees another path than who does not. ";" ends a path for some servers.
        return path is [(byte)'/', ..] && path.IndexOfAny((byte)'#', (byte)';') < 0 && TextPattern.Any(Paths.AsSpan(), path);
    }
}

/// <param name="Name">Case means nothing.</param>
/// <param name="Value">Null: any.</param>
public sealed record HeaderPattern(string Name, TextPattern? Value)
{
    private readonly byte[] _name = Encoding.ASCII.GetBytes(Name);

    internal bool Matches(Http1Head head)
    {
        var found = false;
        foreach (var field in head.Fields)
        {
            if (!Ascii.EqualsIgnoreCase(head.Name(field), _name)) continue;
            // Of two fields one server takes the first, another the last.
            if (found || Value?.Matches(head.Value(field)) is false) return false;
            found = true;
        }
        return found;
    }
}
