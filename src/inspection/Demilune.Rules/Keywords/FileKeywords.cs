using System.Globalization;
using Demilune.Rules.Buffers;
using Demilune.Rules.Matching;
using Demilune.Rules.State;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary>Keywords about files in transit: <c>filename fileext filemagic filesize filestore filemd5 filesha1 filesha256</c>.</summary>
internal static class FileKeywords
{
    private static readonly System.Buffers.SearchValues<char> s_hexadecimal = System.Buffers.SearchValues.Create("0123456789abcdefABCDEF");

    /// <summary><c>filename:[!]"text"</c>: anywhere in the name, in any case.</summary>
    public static SyntaxFault? Name(SignatureBuilder signature, OptionSyntax option) => Text(signature, option, BufferId.FileName, "", endsWith: false);

    /// <summary><c>fileext:[!]"text"</c>: what follows the name's last dot.</summary>
    public static SyntaxFault? Extension(SignatureBuilder signature, OptionSyntax option) => Text(signature, option, BufferId.FileName, ".", endsWith: true);

    /// <summary><c>filemagic:[!]"text"</c>: anywhere in the type, in any case.</summary>
    public static SyntaxFault? Magic(SignatureBuilder signature, OptionSyntax option) => Text(signature, option, BufferId.FileMagic, "", endsWith: false);

    /// <summary><c>filesize:n</c>, <c>&lt;n</c>, <c>&gt;n</c>, <c>a&lt;&gt;b</c>; numbers may have a unit.</summary>
    public static SyntaxFault? Size(SignatureBuilder signature, OptionSyntax option)
    {
        if (!NumberRange.TryParse(WithoutUnits(option.Value ?? ""), endsBelong: false, out var range))
            return option.Fault("filesize takes n, <n, >n or a<>b; numbers may end with KB, MB or GB.");
        return Add(signature, option, BufferId.FileSize, new SizeStep(range));
    }

    public static SyntaxFault? Md5(SignatureBuilder signature, OptionSyntax option) => Hashes(signature, option, BufferId.FileMd5, 16);

    public static SyntaxFault? Sha1(SignatureBuilder signature, OptionSyntax option) => Hashes(signature, option, BufferId.FileSha1, 20);

    public static SyntaxFault? Sha256(SignatureBuilder signature, OptionSyntax option) => Hashes(signature, option, BufferId.FileSha256, 32);

    /// <summary><c>filestore[:request|response|both[,file|tx|ssn|flow]]</c></summary>
    public static SyntaxFault? Store(SignatureBuilder signature, OptionSyntax option)
    {
        if (!signature.Options.StoresFiles)
            return option.NameFault("'filestore' is not supported here: this engine keeps no files. The rule is not loaded, since without this condition it would mean something else.");
        var words = (option.Value ?? "").Split(',', StringSplitOptions.TrimEntries);
        var direction = words[0] switch
        {
            "" => (FileDirection?)FileDirection.Matched,
            "request" or "to_server" => FileDirection.Request,
            "response" or "to_client" => FileDirection.Response,
            "both" => FileDirection.Both,
            _ => null,
        };
        FileScope? scope = (words.Length > 1 ? words[1] : "") switch
        {
            "" or "file" => FileScope.File,
            "tx" => FileScope.Transaction,
            "ssn" or "flow" => FileScope.Flow,
            _ => null,
        };
        if (words.Length > 2 || direction is null || scope is null) return option.Fault("filestore is written filestore; or filestore:request|response|both,file|tx|ssn|flow;");
        signature.FileStorage = new(direction.Value, scope.Value);
        return Add(signature, option, BufferId.FileSize, new SizeStep(new(0, long.MaxValue)));
    }

    private static SyntaxFault? Text(SignatureBuilder signature, OptionSyntax option, BufferId buffer, string prefix, bool endsWith)
    {
        if (Unprovided(signature, option, buffer) is { } unprovided) return unprovided;
        if (Quoted.TryBytes(option, out var bytes, out var isNegated) is { } fault) return fault;
        if (bytes.Length == 0) return option.Fault($"An empty {option.Name} would match everywhere.");
        var content = new ContentDraft(option.NamePosition, [.. prefix.Select(c => (byte)c), .. bytes], isNegated) { NoCase = true, EndsWith = endsWith };
        signature.AddTo(buffer, content);
        return null;
    }

    private static SyntaxFault? Hashes(SignatureBuilder signature, OptionSyntax option, BufferId buffer, int length)
    {
        if (Unprovided(signature, option, buffer) is { } unprovided) return unprovided;
        var value = option.Value ?? "";
        var isNegated = value.StartsWith('!');
        var name = value.TrimStart('!').Trim();
        if (name.Length == 0) return option.Fault($"{option.Name} names a file with a hash in hexadecimal on each line.");
        if (signature.Options.ReadList(signature.Source, name) is not { } lines) return option.Fault($"There is no list '{name}' that could be read.");
        var hashes = new HashSet<UInt128>();
        foreach (var line in lines)
        {
            var text = line.AsSpan().Trim();
            var end = text.IndexOfAny(" \t,;#");
            if (end >= 0) text = text[..end];
            if (text.IsEmpty) continue;
            if (text.Length != length * 2 || text.ContainsAnyExcept(s_hexadecimal))
                return option.Fault($"'{name}': '{text}' is no hash of {length * 8} bits.");
            hashes.Add(HashListStep.Key(Convert.FromHexString(text)));
        }
        return Add(signature, option, buffer, new HashListStep(hashes, isNegated));
    }

    private static SyntaxFault? Add(SignatureBuilder signature, OptionSyntax option, BufferId buffer, MatchStep step)
    {
        if (Unprovided(signature, option, buffer) is { } fault) return fault;
        signature.AddTo(buffer, new FixedDraft(option.NamePosition, step));
        return null;
    }

    private static SyntaxFault? Unprovided(SignatureBuilder signature, OptionSyntax option, BufferId buffer) => signature.Options.Provides(buffer)
        ? null
        : option.NameFault($"'{option.Name}' is not supported: this engine does not follow files. The rule is not loaded.");

    private static string WithoutUnits(string text)
    {
        foreach (var (unit, factor) in (ReadOnlySpan<(string, long)>)[("KB", 1 << 10), ("MB", 1 << 20), ("GB", 1 << 30), ("KIB", 1 << 10), ("MIB", 1 << 20), ("GIB", 1 << 30)])
        {
            for (var at = text.IndexOf(unit, StringComparison.OrdinalIgnoreCase); at > 0; at = text.IndexOf(unit, StringComparison.OrdinalIgnoreCase))
            {
                var start = at;
                while (start > 0 && char.IsAsciiDigit(text[start - 1])) start--;
                if (!long.TryParse(text.AsSpan(start, at - start), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > int.MaxValue) return text;
                text = string.Concat(text.AsSpan(0, start), (number * factor).ToString(CultureInfo.InvariantCulture), text.AsSpan(at + unit.Length));
            }
        }
        return text;
    }
}
