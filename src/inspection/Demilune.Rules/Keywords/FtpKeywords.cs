using Demilune.Rules.Buffers;
using Demilune.Rules.Matching;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary><c>ftpbounce</c>, <c>ftpdata_command</c></summary>
internal static class FtpKeywords
{
    /// <summary><c>ftpbounce;</c>: a client wants the data to go to another host than itself.</summary>
    public static SyntaxFault? Bounce(SignatureBuilder signature, OptionSyntax option)
    {
        if (!signature.Options.Provides(BufferId.FtpBounce)) return option.NameFault("'ftpbounce' is not supported: this engine does not parse FTP. The rule is not loaded.");
        signature.AddTo(BufferId.FtpBounce, new FixedDraft(option.NamePosition, new SizeStep(new(0, long.MaxValue))));
        return Outcome.Bare(option);
    }

    /// <summary><c>ftpdata_command:stor|retr</c>: what the data connection is for.</summary>
    public static SyntaxFault? DataCommand(SignatureBuilder signature, OptionSyntax option)
    {
        var command = (option.Value ?? "").Trim().ToLowerInvariant();
        if (command is not ("stor" or "retr")) return option.Fault($"ftpdata_command is stor or retr, not '{command}'.");
        if (!signature.Options.Provides(BufferId.FtpdataCommand)) return option.NameFault("'ftpdata_command' is not supported: this engine does not parse FTP. The rule is not loaded.");
        signature.AddTo(BufferId.FtpdataCommand, new ContentDraft(option.NamePosition, [.. command.Select(c => (byte)c)], isNegated: false));
        return null;
    }
}
