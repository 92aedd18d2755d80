using Demilune.Rules.Syntax;

namespace Demilune.Rules.Headers;

/// <summary>Addresses and ports of the headers of one rule set: of ten thousand rules most say the same, which is read and kept once.</summary>
internal sealed class HeaderSets(IReadOnlyDictionary<string, string> variables)
{
    private readonly Dictionary<string, AddressSet> _addresses = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PortSet> _ports = new(StringComparer.Ordinal);

    public SyntaxFault? TryAddresses(Word word, out AddressSet set)
    {
        if (_addresses.TryGetValue(word.Text, out set!)) return null;
        if (AddressSyntax.TryRead(word, variables, out set) is { } fault) return fault;
        _addresses.Add(word.Text, set);
        return null;
    }

    public SyntaxFault? TryPorts(Word word, out PortSet set)
    {
        if (_ports.TryGetValue(word.Text, out set!)) return null;
        if (PortSyntax.TryRead(word, variables, out set) is { } fault) return fault;
        _ports.Add(word.Text, set);
        return null;
    }
}
