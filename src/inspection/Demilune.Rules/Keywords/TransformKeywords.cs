using System.Security.Cryptography;
using Demilune.Rules.Regex;
using Demilune.Rules.Syntax;
using Demilune.Rules.Transforms;

namespace Demilune.Rules.Keywords;

/// <summary>Keywords that change the sticky buffer before contents look into it.</summary>
internal static class TransformKeywords
{
    public static SyntaxFault? DotPrefix(SignatureBuilder signature, OptionSyntax option) => Bare(signature, option, new DotPrefix());
    public static SyntaxFault? ToLowercase(SignatureBuilder signature, OptionSyntax option) => Bare(signature, option, new ToLowercase());
    public static SyntaxFault? ToUppercase(SignatureBuilder signature, OptionSyntax option) => Bare(signature, option, new ToUppercase());
    public static SyntaxFault? UrlDecode(SignatureBuilder signature, OptionSyntax option) => Bare(signature, option, new UrlDecode());
    public static SyntaxFault? CompressWhitespace(SignatureBuilder signature, OptionSyntax option) => Bare(signature, option, new CompressWhitespace());
    public static SyntaxFault? StripWhitespace(SignatureBuilder signature, OptionSyntax option) => Bare(signature, option, new StripWhitespace());
    public static SyntaxFault? StripPseudoHeaders(SignatureBuilder signature, OptionSyntax option) => Bare(signature, option, new StripPseudoHeaders());
    public static SyntaxFault? HeaderLowercase(SignatureBuilder signature, OptionSyntax option) => Bare(signature, option, new HeaderLowercase());
    public static SyntaxFault? ToMd5(SignatureBuilder signature, OptionSyntax option) => Bare(signature, option, new Digest(HashAlgorithmName.MD5));
    public static SyntaxFault? ToSha1(SignatureBuilder signature, OptionSyntax option) => Bare(signature, option, new Digest(HashAlgorithmName.SHA1));
    public static SyntaxFault? ToSha256(SignatureBuilder signature, OptionSyntax option) => Bare(signature, option, new Digest(HashAlgorithmName.SHA256));

    public static SyntaxFault? Xor(SignatureBuilder signature, OptionSyntax option)
    {
        var key = (option.Value ?? "").Trim('"');
        if (key.Length is 0 or > 512 || key.Length % 2 != 0 || !key.All(char.IsAsciiHexDigit))
            return option.Fault("xor takes its key as pairs of hexadecimal digits, as in xor:\"0d0ac8ff\";");
        return Add(signature, option, new Xor(key.ToLowerInvariant()));
    }

    public static SyntaxFault? PcreTransform(SignatureBuilder signature, OptionSyntax option)
    {
        if (option.Value is not ['"', .., '"']) return option.Fault("pcrexform takes an expression in double quotes.");
        var pattern = option.Value[1..^1];
        if (signature.Options.Regex.TryCompile(pattern, RegexFlags.None, out var error) is not { } regex)
            return option.Fault($"This expression cannot be used: {error}", 1);
        return Add(signature, option, new PcreTransform(pattern) { Regex = regex });
    }

    private static SyntaxFault? Bare(SignatureBuilder signature, OptionSyntax option, Transform transform) =>
        Outcome.Bare(option) ?? Add(signature, option, transform);

    private static SyntaxFault? Add(SignatureBuilder signature, OptionSyntax option, Transform transform) => signature.TryTransform(transform)
        ? null
        : option.NameFault($"'{option.Name}' follows the sticky buffer it changes, before contents look at what other transformations made of it.");
}
