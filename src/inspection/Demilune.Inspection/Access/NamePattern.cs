using System.Text;

namespace Demilune.Inspection.Access;

/// <summary>A host's name: one, all below one (<c>*.example.com</c>, any number of labels), or any (<c>*</c>). Letters' case and a last dot mean nothing.</summary>
public sealed class NamePattern
{
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
        // "*.example.com" keeps its dot: neither example.com nor badexample.com end so.
        return name.Length > _name.Length && Ascii.EqualsIgnoreCase(name[^_name.Length..], _name);
    }

    internal static bool Any(ReadOnlySpan<NamePattern> patterns, ReadOnlySpan<byte> name)
    {
        foreach (var pattern in patterns)
            if (pattern.Matches(name)) return true;
        return patterns.IsEmpty;
    }
}
