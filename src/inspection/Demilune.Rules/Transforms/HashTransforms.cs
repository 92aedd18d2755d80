using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Demilune.Rules.Transforms;

/// <summary><c>to_md5</c>, <c>to_sha1</c>, <c>to_sha256</c>: the digest itself, not its hexadecimal form.</summary>
internal sealed record Digest(HashAlgorithmName Algorithm) : Transform
{
    public override string Name => $"to_{Algorithm.Name!.ToLowerInvariant()}";
    public override int MaxOutput(int inputLength) => SHA256.HashSizeInBytes;

    [SuppressMessage("Security", "CA5350:Do Not Use Weak Cryptographic Algorithms", Justification = "Rules compare with published SHA-1 sums; nothing is protected by it.")]
    [SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "Rules compare with published MD5 sums; nothing is protected by it.")]
    public override int Apply(ReadOnlySpan<byte> input, Span<byte> output)
    {
        if (Algorithm == HashAlgorithmName.MD5) return MD5.HashData(input, output);
        return Algorithm == HashAlgorithmName.SHA1 ? SHA1.HashData(input, output) : SHA256.HashData(input, output);
    }
}
