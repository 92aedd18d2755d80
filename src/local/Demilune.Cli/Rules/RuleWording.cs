using System.Globalization;
using System.Text;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;

namespace Demilune.Cli.Rules;

/// <summary>Parts of a rule in words.</summary>
internal static class RuleWording
{
    /// <summary>When it is worth a try.</summary>
    public static string Of(SignaturePrefilter? prefilter) => prefilter switch
    {
        null => "with every packet: it looks into no buffer",
        { Literal.IsEmpty: false } => $"when {NameOf(prefilter.Buffer)} holds {Quoted(prefilter.Literal.Span)}{(prefilter.NoCase ? " in any case" : "")}",
        { Expression: { } expression } => $"when /{expression}/ is in {NameOf(prefilter.Buffer)}",
        _ => $"whenever there is {NameOf(prefilter.Buffer)}: no content in it can be looked for",
    };

    public static string NameOf(BufferId buffer) => BufferCatalog.Get(buffer).Name;

    public static string Of(FlowDirections directions) => directions switch
    {
        FlowDirections.ToServer => "to the server",
        FlowDirections.ToClient => "to the client",
        _ => "either way",
    };

    public static string Of(RuleHeader header) =>
        $"{header.Protocol.Name} {Of(header.Source)} {Of(header.SourcePorts)} {(header.IsBidirectional ? "<>" : "->")} {Of(header.Destination)} {Of(header.DestinationPorts)}";

    private static string Of(AddressSet addresses) => addresses.IsAny ? "any" : $"({addresses.Ranges.Count} {(addresses.Ranges.Count == 1 ? "range" : "ranges")} of addresses)";

    private static string Of(PortSet ports) =>
        ports.IsAny ? "any" : string.Join(',', ports.Ranges.Select(range => range.First == range.Last ? $"{range.First}" : $"{range.First}:{range.Last}"));

    /// <summary>As a rule would have it.</summary>
    private static string Quoted(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder("\"");
        var isHex = false;
        foreach (var value in bytes)
        {
            var isPlain = value is >= 0x20 and < 0x7f and not ((byte)'"' or (byte)';' or (byte)'|' or (byte)'\\');
            if (isPlain == isHex) text.Append('|');
            else if (isHex) text.Append(' ');
            isHex = !isPlain;
            if (isPlain) text.Append((char)value);
            else text.Append(value.ToString("x2", CultureInfo.InvariantCulture));
        }
        return text.Append(isHex ? "|\"" : "\"").ToString();
    }
}
