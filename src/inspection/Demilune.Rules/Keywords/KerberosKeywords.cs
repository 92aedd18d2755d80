using System.Globalization;
using Demilune.Rules.Buffers;
using Demilune.Rules.Matching;
using Demilune.Rules.Syntax;

namespace Demilune.Rules.Keywords;

/// <summary>Keywords about Kerberos that are no sticky buffers.</summary>
internal static class KerberosKeywords
{
    private static readonly NumberRange[] s_weak = [new(long.MinValue, 16), new(21, 24)];

    private static readonly Dictionary<string, long> s_types = new(StringComparer.OrdinalIgnoreCase)
    {
        ["des-cbc-crc"] = 1, ["des-cbc-md4"] = 2, ["des-cbc-md5"] = 3, ["des3-cbc-md5"] = 5, ["des3-cbc-sha1"] = 7, ["dsaWithSHA1-CmsOID"] = 9,
        ["md5WithRSAEncryption-CmsOID"] = 10, ["sha1WithRSAEncryption-CmsOID"] = 11, ["rc2CBC-EnvOID"] = 12, ["rsaEncryption-EnvOID"] = 13,
        ["rsaES-OAEP-ENV-OID"] = 14, ["des-ede3-cbc-Env-OID"] = 15, ["des3-cbc-sha1-kd"] = 16, ["aes128-cts-hmac-sha1-96"] = 17,
        ["aes256-cts-hmac-sha1-96"] = 18, ["aes128-cts-hmac-sha256-128"] = 19, ["aes256-cts-hmac-sha384-192"] = 20, ["rc4-hmac"] = 23,
        ["rc4-hmac-exp"] = 24, ["camellia128-cts-cmac"] = 25, ["camellia256-cts-cmac"] = 26, ["subkey-keymaterial"] = 65,
    };

    /// <summary><c>krb5.weak_encryption;</c> or with <c>yes</c> or <c>no</c>.</summary>
    public static SyntaxFault? WeakEncryption(SignatureBuilder signature, OptionSyntax option) => option.Value?.Trim() switch
    {
        null or "yes" or "true" => ProtocolNumber.Add(signature, option, BufferId.KrbWeakEncryption, new(1, 1)),
        "no" or "false" => ProtocolNumber.Add(signature, option, BufferId.KrbWeakEncryption, new(0, 0)),
        _ => option.Fault("krb5.weak_encryption is yes or no."),
    };

    /// <summary><c>krb5.ticket_encryption:weak</c>, or types by name or number with commas between, all perhaps with !.</summary>
    public static SyntaxFault? TicketEncryption(SignatureBuilder signature, OptionSyntax option)
    {
        var text = (option.Value ?? "").Trim(' ', '"');
        var isNegated = text.StartsWith('!');
        var ranges = new List<NumberRange>();
        foreach (var word in text.TrimStart('!').Split(',', StringSplitOptions.TrimEntries))
        {
            if (word == "weak") ranges.AddRange(s_weak);
            else if (s_types.TryGetValue(word, out var type) || long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out type)) ranges.Add(new(type, type));
            else return option.Fault($"krb5.ticket_encryption is weak, a number or a name such as rc4-hmac, not '{word}'.");
        }
        if (!signature.Options.Provides(BufferId.KrbTicketEncryption)) return option.NameFault("'krb5.ticket_encryption' is not supported: this engine does not read it.");
        signature.AddTo(BufferId.KrbTicketEncryption, new FixedDraft(option.NamePosition, new NumberSetStep([.. ranges], isNegated)));
        return null;
    }
}
