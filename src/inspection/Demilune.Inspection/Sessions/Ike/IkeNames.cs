using System.Globalization;

namespace Demilune.Inspection.Sessions.Ike;

/// <summary>EVE's words for IKE's numbers (IANA: ipsec-registry, ikev2-parameters).</summary>
internal static class IkeNames
{
    private static readonly string[] s_payloads1 =
    [
        "None", "SecurityAssociation", "Proposal", "Transform", "KeyExchange", "Identification", "Certificate", "CertificateRequest", "Hash", "Signature",
        "Nonce", "Notification", "Delete", "VendorID", "", "SaKekPayload", "SaTekPayload", "KeyDownload", "SequenceNumber", "ProofOfPossession", "NatDiscovery",
        "NatOriginalAddress", "GroupAssociatedPolicy",
    ];

    /// <summary>From 33 on.</summary>
    private static readonly string[] s_payloads2 =
    [
        "SecurityAssociation", "KeyExchange", "IdentInitiator", "IdentResponder", "Certificate", "CertificateRequest", "Authentication", "Nonce", "Notify", "Delete",
        "VendorID", "TrafficSelectorInitiator", "TrafficSelectorResponder", "EncryptedAndAuthenticated", "Configuration", "ExtensibleAuthentication",
    ];

    private static readonly string[] s_attributes =
    [
        "unknown", "alg_enc", "alg_hash", "alg_auth", "alg_dh", "sa_group_type", "sa_group_prime", "sa_group_generator_one", "sa_group_generator_two",
        "sa_group_curve_a", "sa_group_curve_b", "sa_life_type", "sa_life_duration", "alg_prf", "sa_key_length", "sa_field_size", "sa_group_order",
    ];

    private static readonly string[] s_ciphers1 = ["Unknown", "EncDesCbc", "EncIdeaCbc", "EncBlowfishCbc", "EncRc5R16B64Cbc", "EncTripleDesCbc", "EncCastCbc", "EncAesCbc", "EncCamelliaCbc"];
    private static readonly string[] s_hashes1 = ["Unknown", "HashMd5", "HashSha", "HashTiger", "HashSha2_256", "HashSha2_384", "HashSha2_512"];

    private static readonly string[] s_authentication1 =
    [
        "Unknown", "AuthPreSharedKey", "AuthDssSignatures", "AuthRsaSignatures", "AuthEncryptionWithRsa", "AuthRevisedEncryptionWithRsa", "AuthReserved", "AuthReserved",
        "AuthReserved", "AuthEcdsaSha256", "AuthEcdsaSha384", "AuthEcdsaSha512",
    ];

    private static readonly string[] s_groups1 =
    [
        "Unknown", "GroupDefault768BitModp", "GroupAlternate1024BitModpGroup", "GroupEc2nOnGp2p155", "GroupEc2nOnGp2p185", "GroupModp1536Bit",
        "GroupEc2nOverGf2p163", "GroupEc2nOverGf2p163", "GroupEc2nOverGf2p283", "GroupEc2nOverGf2p283", "GroupEc2nOverGf2p409", "GroupEc2nOverGf2p409",
        "GroupEc2nOverGf2p571", "GroupEc2nOverGf2p571", "GroupModp2048Bit", "GroupModp3072Bit", "GroupModp4096Bit", "GroupModp6144Bit", "GroupModp8192Bit",
        "GroupRandomEcp256", "GroupRandomEcp384", "GroupRandomEcp521", "GroupModp1024With160BitPrime", "GroupModp2048With224BitPrime",
        "GroupModp2048With256BitPrime", "GroupRandomEcp192", "GroupRandomEcp224", "GroupBrainpoolEcp224", "GroupBrainpoolEcp256", "GroupBrainpoolEcp384",
        "GroupBrainpoolEcp512",
    ];

    private static readonly string[] s_ciphers =
    [
        "ENCR_RESERVED", "ENCR_DES_IV64", "ENCR_DES", "ENCR_3DES", "ENCR_RC5", "ENCR_IDEA", "ENCR_CAST", "ENCR_BLOWFISH", "ENCR_3IDEA", "ENCR_DES_IV32", "",
        "ENCR_NULL", "ENCR_AES_CBC", "ENCR_AES_CTR", "ENCR_AES_CCM_8", "ENCR_AES_CCM_12", "ENCR_AES_CCM_16", "", "ENCR_AES_GCM_8", "ENCR_AES_GCM_12",
        "ENCR_AES_GCM_16", "ENCR_NULL_AUTH_AES_GMAC", "", "ENCR_CAMELLIA_CBC", "ENCR_CAMELLIA_CTR", "ENCR_CAMELLIA_CCM_8", "ENCR_CAMELLIA_CCM_12",
        "ENCR_CAMELLIA_CCM_16", "ENCR_CHACHA20_POLY1305",
    ];

    private static readonly string[] s_functions =
        ["PRF_NULL", "PRF_HMAC_MD5", "PRF_HMAC_SHA1", "PRF_HMAC_TIGER", "PRF_AES128_XCBC", "PRF_HMAC_SHA2_256", "PRF_HMAC_SHA2_384", "PRF_HMAC_SHA2_512", "PRF_AES128_CMAC"];

    private static readonly string[] s_integrity =
    [
        "NONE", "AUTH_HMAC_MD5_96", "AUTH_HMAC_SHA1_96", "AUTH_DES_MAC", "AUTH_KPDK_MD5", "AUTH_AES_XCBC_96", "AUTH_HMAC_MD5_128", "AUTH_HMAC_SHA1_160",
        "AUTH_AES_CMAC_96", "AUTH_AES_128_GMAC", "AUTH_AES_192_GMAC", "AUTH_AES_256_GMAC", "AUTH_HMAC_SHA2_256_128", "AUTH_HMAC_SHA2_384_192", "AUTH_HMAC_SHA2_512_256",
    ];

    private static readonly string[] s_groups =
    [
        "None", "Modp768", "Modp1024", "", "", "Modp1536", "", "", "", "", "", "", "", "", "Modp2048", "Modp3072", "Modp4096", "Modp6144", "Modp8192",
        "Ecp256", "Ecp384", "Ecp521", "Modp1024s160", "Modp2048s224", "Modp2048s256", "Ecp192", "Ecp224", "BrainpoolP224r1", "BrainpoolP256r1",
        "BrainpoolP384r1", "BrainpoolP512r1", "Curve25519", "Curve448",
    ];

    private static readonly Dictionary<ushort, string> s_notices = new()
    {
        [1] = "UNSUPPORTED_CRITICAL_PAYLOAD", [4] = "INVALID_IKE_SPI", [5] = "INVALID_MAJOR_VERSION", [7] = "INVALID_SYNTAX", [9] = "INVALID_MESSAGE_ID",
        [11] = "INVALID_SPI", [14] = "NO_PROPOSAL_CHOSEN", [17] = "INVALID_KE_PAYLOAD", [24] = "AUTHENTICATION_FAILED", [34] = "SINGLE_PAIR_REQUIRED",
        [35] = "NO_ADDITIONAL_SAS", [36] = "INTERNAL_ADDRESS_FAILURE", [37] = "FAILED_CP_REQUIRED", [38] = "TS_UNACCEPTABLE", [39] = "INVALID_SELECTORS",
        [43] = "TEMPORARY_FAILURE", [44] = "CHILD_SA_NOT_FOUND", [16384] = "INITIAL_CONTACT", [16385] = "SET_WINDOW_SIZE", [16386] = "ADDITIONAL_TS_POSSIBLE",
        [16387] = "IPCOMP_SUPPORTED", [16388] = "NAT_DETECTION_SOURCE_IP", [16389] = "NAT_DETECTION_DESTINATION_IP", [16390] = "COOKIE", [16391] = "USE_TRANSPORT_MODE",
        [16392] = "HTTP_CERT_LOOKUP_SUPPORTED", [16393] = "REKEY_SA", [16394] = "ESP_TFC_PADDING_NOT_SUPPORTED", [16395] = "NON_FIRST_FRAGMENTS_ALSO",
    };

    /// <returns>Empty: it has none.</returns>
    public static string OfPayload1(byte type) => type < s_payloads1.Length ? s_payloads1[type] : "";

    public static string OfPayload2(byte type) => type == 0 ? "NoNextPayload" : type >= 33 && type - 33 < s_payloads2.Length ? s_payloads2[type - 33] : Unknown("IkePayloadType", type);

    public static string OfAttribute(int type) => type < s_attributes.Length ? s_attributes[type] : "unknown";

    public static string OfValue(int type, ushort value)
    {
        string[] names = type switch
        {
            1 => s_ciphers1,
            2 => s_hashes1,
            3 => s_authentication1,
            4 => s_groups1,
            11 => ["Unknown", "LifeTypeSeconds", "LifeTypeKilobytes"],
            _ => [],
        };
        return value < names.Length ? names[value] : "Unknown";
    }

    public static string OfCipher(ushort id) => Of(s_ciphers, id, "IkeTransformEncType");

    public static string OfFunction(ushort id) => Of(s_functions, id, "IkeTransformPRFType");

    public static string OfIntegrity(ushort id) => Of(s_integrity, id, "IkeTransformAuthType");

    public static string OfGroup(ushort id) => Of(s_groups, id, "IkeTransformDHType");

    public static string OfSequence(ushort id) => id switch { 0 => "NoESN", 1 => "ESN", _ => Unknown("IkeTransformESNType", id) };

    public static string OfNotice(ushort type) => s_notices.TryGetValue(type, out var name) ? name : Unknown("NotifyType", type);

    private static string Of(string[] names, ushort id, string kind) => id < names.Length && names[id].Length > 0 ? names[id] : Unknown(kind, id);

    private static string Unknown(string kind, int id) => string.Create(CultureInfo.InvariantCulture, $"{kind}({id} / 0x{id:x})");
}
