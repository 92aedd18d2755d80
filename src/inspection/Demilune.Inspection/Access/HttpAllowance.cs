using System.Collections.Immutable;
using System.Text;
using Demilune.Wire.Http1;

namespace Demilune.Inspection.Access;

/// <summary>Requests that are allowed: all that is said must hold; an empty list says nothing.</summary>
/// <param name="Methods">As on the wire; case matters (RFC 9110 §9.1).</param>
/// <param name="Hosts">Of the target and of every field that names one, without a port.</param>
/// <param name="Paths">Of the normalised path, without the query.</param>
/// <param name="Headers">Fields that must be there, once, with these values.</param>
public sealed record HttpAllowance(
    ImmutableArray<string> Methods, ImmutableArray<NamePattern> Hosts, ImmutableArray<TextPattern> Paths, ImmutableArray<HeaderPattern> Headers)
{
    private readonly byte[][] _methods = [.. Methods.Select(Encoding.ASCII.GetBytes)];

    /// <summary>By which applications behind a firewall let themselves be told another method or another path than it saw.</summary>
    private static readonly byte[][] s_otherMethods = [[.. "x-http-method-override"u8], [.. "x-http-method"u8], [.. "x-method-override"u8]];
    private static readonly byte[][] s_otherPaths = [[.. "x-original-url"u8], [.. "x-rewrite-url"u8]];

    /// <param name="head">Of the request.</param>
    /// <param name="path">Normalised; empty: not every server would see the same one.</param>
    internal bool Matches(Http1Head head, ReadOnlySpan<byte> path)
    {
        if (_methods.Length > 0 && !IsMethod(head.Method)) return false;
        if (!Paths.IsEmpty && (path.IsEmpty || !TextPattern.Any(Paths.AsSpan(), path))) return false;
        // All fields of a name, for one server takes the first and another the last.
        foreach (var field in head.Fields)
        {
            var name = head.Name(field);
            var value = head.Value(field);
            if (value.IsEmpty) continue;
            if (_methods.Length > 0 && RequestTarget.IsAny(name, s_otherMethods) && !IsMethod(value)) return false;
            if (!Paths.IsEmpty && RequestTarget.IsAny(name, s_otherPaths)) return false;
        }
        if (!Hosts.IsEmpty && !RequestTarget.IsFor(head, Hosts.AsSpan())) return false;
        foreach (var header in Headers)
            if (!header.Matches(head)) return false;
        return true;
    }

    private bool IsMethod(ReadOnlySpan<byte> method)
    {
        foreach (var known in _methods)
            if (method.SequenceEqual(known)) return true;
        return false;
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
            if (!RequestTarget.IsSame(head.Name(field), _name)) continue;
            // Of two fields one server takes the first, another the last; and one written otherwise is the same to some.
            if (found || !Ascii.EqualsIgnoreCase(head.Name(field), _name) || Value?.Matches(head.Value(field)) is false) return false;
            found = true;
        }
        return found;
    }
}
