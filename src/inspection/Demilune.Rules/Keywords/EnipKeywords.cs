using System.Globalization;
using Demilune.Rules.Buffers;
using Demilune.Rules.Matching;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>enip_command:N</c> and <c>cip_service:SERVICE[,CLASS[,ATTRIBUTE]]</c></summary>
internal static class EnipKeywords
{
    public static SyntaxFault? Command(SignatureBuilder signature, OptionSyntax option) =>
        ushort.TryParse((option.Value ?? "").Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var command)
            ? ProtocolNumber.Add(signature, option, BufferId.EnipCommand, new(command, command))
            : option.Fault("enip_command is a number up to 65535.");

    public static SyntaxFault? Service(SignatureBuilder signature, OptionSyntax option)
    {
        var parts = (option.Value ?? "").Split(',', StringSplitOptions.TrimEntries);
        if (parts.Length > 3 || !byte.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var service)
            || !TryOptional(parts, 1, out var ofClass) || !TryOptional(parts, 2, out var attribute))
            return option.Fault("cip_service takes a service, and if wanted a class and an attribute: 'cip_service:75,1,7'.");
        if (!signature.Options.Provides(BufferId.CipService)) return option.NameFault($"'{option.Name}' is not supported: this engine does not read it. The rule is not loaded.");
        signature.AddTo(BufferId.CipService, new FixedDraft(option.NamePosition, new CipStep(service, ofClass, attribute)));
        return null;
    }

    private static bool TryOptional(string[] parts, int index, out ushort? number)
    {
        number = null;
        if (index >= parts.Length) return true;
        if (!ushort.TryParse(parts[index], NumberStyles.None, CultureInfo.InvariantCulture, out var value)) return false;
        number = value;
        return true;
    }
}
