using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CsCheck;
using Demilune.Wire.X509;

namespace Demilune.Wire.Tests.X509;

public sealed class CertificateTests
{
    private static readonly DateTimeOffset s_from = new(2024, 2, 29, 12, 0, 0, TimeSpan.Zero);

    private static readonly byte[] s_certificate = Make("CN=www.example.com, O=\"Example, Inc.\", C=US");

    [Fact]
    public void A_certificate_says_whose_it_is_and_until_when()
    {
        Assert.Equal(CertificateFault.None, Certificate.Read(s_certificate, out var certificate));
        Assert.Equal("C=US, O=Example, Inc., CN=www.example.com", certificate!.Subject);
        Assert.Equal(certificate.Subject, certificate.Issuer);
        Assert.Equal((s_from.UtcDateTime, s_from.AddYears(40).UtcDateTime), (certificate.NotBefore, certificate.NotAfter));
        Assert.Equal(["www.example.com", "10.0.0.1"], certificate.AlternativeNames);
        using var theirs = X509CertificateLoader.LoadCertificate(s_certificate);
        Assert.Equal(theirs.Thumbprint.ToLowerInvariant(), certificate.Fingerprint.Replace(":", "", StringComparison.Ordinal));
        Assert.Equal(theirs.SerialNumber, certificate.Serial.Replace(":", "", StringComparison.Ordinal));
    }

    [Fact]
    public void Whatever_is_broken_is_a_fault_and_never_an_exception() =>
        Gen.Select(Gen.Int[0, s_certificate.Length - 1], Gen.Byte, Gen.Int[0, s_certificate.Length]).Sample((at, value, length) =>
        {
            var bytes = s_certificate.ToArray();
            bytes[at] = value;
            Certificate.Read(bytes.AsSpan(0, length), out _);
        }, iter: 5000);

    [Fact]
    public void A_truncated_one_is_a_fault()
    {
        for (var length = 0; length < s_certificate.Length; length++)
            Assert.NotEqual(CertificateFault.None, Certificate.Read(s_certificate.AsSpan(0, length), out _));
    }

    internal static byte[] Make(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("www.example.com");
        names.AddIpAddress(System.Net.IPAddress.Parse("10.0.0.1"));
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(s_from, s_from.AddYears(40));
        return certificate.RawData;
    }
}
