namespace Demilune.Wire.Dns;

/// <summary>Types of resource records that have a name of their own here; any other number may occur (IANA's registry of DNS parameters).</summary>
public enum DnsType : ushort
{
    A = 1, NS = 2, MD = 3, MF = 4, CNAME = 5, SOA = 6, MB = 7, MG = 8, MR = 9, NULL = 10, WKS = 11, PTR = 12, HINFO = 13, MINFO = 14, MX = 15, TXT = 16,
    RP = 17, AFSDB = 18, X25 = 19, ISDN = 20, RT = 21, NSAP = 22, NSAPPTR = 23, SIG = 24, KEY = 25, PX = 26, GPOS = 27, AAAA = 28, LOC = 29, NXT = 30,
    SRV = 33, ATMA = 34, NAPTR = 35, KX = 36, CERT = 37, A6 = 38, DNAME = 39, OPT = 41, APL = 42, DS = 43, SSHFP = 44, IPSECKEY = 45, RRSIG = 46,
    NSEC = 47, DNSKEY = 48, DHCID = 49, NSEC3 = 50, NSEC3PARAM = 51, TLSA = 52, HIP = 55, CDS = 59, CDNSKEY = 60, SVCB = 64, HTTPS = 65, SPF = 99,
    TKEY = 249, TSIG = 250, IXFR = 251, AXFR = 252, MAILA = 254, ANY = 255, URI = 256,
}
