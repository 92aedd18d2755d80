using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Demilune.Node.Splice.Compile;

/// <summary>
/// A number that says what it stands for: 64 bits of SHA-256. The same content has the same number in every process and in
/// any order of arrival, so an agent that restarts finds its own rows again, and a row once written under a key is never
/// changed. 0 is kept for "none".
/// </summary>
internal static class ContentId
{
    public static ulong Of(string content)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(content), hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash) is not 0 and var id ? id : 1;
    }

    /// <summary>Of a set: sorted, without doubles.</summary>
    public static ulong Of(IEnumerable<string> set) => Of(string.Join('\n', set.Distinct().Order(StringComparer.Ordinal)));
}
