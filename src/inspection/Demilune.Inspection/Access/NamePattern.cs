using System.Buffers;
using System.Text;

namespace Demilune.Inspection.Access;

/// <summary>A host's name: one, all below one (<c>*.example.com</c>, any number of labels), or any (<c>*</c>). Letters' case and a last dot mean nothing.</summary>
public sealed class NamePattern
{
    private static readonly SearchValues<byte> s_nameBytes = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._"u8);

    private readonly byte[] _name;
    private readonly bool _isBelow;

    public NamePattern(string pattern)
    {
        _isBelow = pattern.StartsWith('*');
        _name = Encoding.ASCII.GetBytes((_isBelow ? pattern[1..] : pattern).TrimEnd('.'));
    }

    public bool Matches(ReadOnlySpan<byte> name)
    {
        if (name is [.., (byte)'.']) name = name[..^1];
        if (name.IsEmpty) return false;
        if (!_isBelow) return Ascii.EqualsIgnoreCase(name, _name);
        if (_name.Length == 0) return true;
        // "*.example.com" keeps its dot: neither example.com nor badexample.com end so. And what is below is a name: "evil.org\0.example.com" ends early for some.
        return name.Length > _name.Length && Ascii.EqualsIgnoreCase(name[^_name.Length..], _name) && name[..^_name.Length].IndexOfAnyExcept(s_nameBytes) < 0;
    }

    internal static bool Any(ReadOnlySpan<NamePattern> patterns, ReadOnlySpan<byte> name)
    {
        foreach (var pattern in patterns)
            if (pattern.Matches(name)) return true;
        return patterns.IsEmpty;
    }
}
