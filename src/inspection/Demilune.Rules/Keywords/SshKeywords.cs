using System.Text;
using Demilune.Rules.Buffers;
using Demilune.Rules.Matching;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary>Keywords about SSH from before buffers were sticky.</summary>
internal static class SshKeywords
{
    /// <summary><c>ssh.protoversion:2.0</c>; <c>2_compat</c> is 2.0 or 1.99.</summary>
    public static SyntaxFault? Version(SignatureBuilder signature, OptionSyntax option)
    {
        var text = (option.Value ?? "").Trim(' ', '"');
        if (text.Length == 0) return option.Fault("ssh.protoversion is a version such as 2.0, or 2_compat.");
        if (!signature.Options.Provides(BufferId.SshProto)) return option.NameFault("'ssh.protoversion' is not supported: this engine does not read it.");
        byte[][] versions = text == "2_compat" ? ["2.0"u8.ToArray(), "1.99"u8.ToArray()] : [Encoding.UTF8.GetBytes(text)];
        signature.AddTo(BufferId.SshProto, new FixedDraft(option.NamePosition, new OneOfStep(versions)));
        return null;
    }
}
