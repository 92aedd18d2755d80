using System.Net;
using System.Text;
using Demilune.Wire.Dns;

namespace Demilune.Node.Names;

/// <summary>What a name server answered: the addresses of one name.</summary>
/// <param name="Name">That was asked for; in lower case, without a dot at its end.</param>
/// <param name="Addresses">With how long each may be remembered, in seconds.</param>
internal sealed record NameAnswer(string Name, IReadOnlyList<(IPAddress Address, uint Ttl)> Addresses)
{
    /// <summary>More than any honest answer has; the rest is not learnt.</summary>
    public const int MaxAddresses = 256;

    /// <summary>Resolvers give up after as many or fewer.</summary>
    private const int MaxAliases = 16;

    private const ushort Internet = 1;

    /// <returns>Null: no answer, an unsuccessful one, or one without addresses.</returns>
    public static NameAnswer? From(DnsMessage message)
    {
        if (!message.IsResponse || message.Opcode != 0 || message.ResponseCode != 0 || message.Questions is not [{ Class: Internet } question]) return null;
        var name = Text(message.Name(question));
        // Who asked for one name is told of others only by aliases, from the name asked for on: nothing else in the answer is about it.
        Dictionary<string, uint> aliases = new() { [name] = uint.MaxValue };
        for (var hops = 0; hops < MaxAliases && TryFollow(message, aliases); hops++)
        {
        }
        List<(IPAddress, uint)> addresses = [];
        foreach (var record in message.Answers)
            if (record.Class == Internet && (record.Type, record.DataLength) is (DnsType.A, 4) or (DnsType.AAAA, 16)
                && aliases.TryGetValue(Text(message.Name(record)), out var ttl) && addresses.Count < MaxAddresses
                // On the wire there is no such address; in the kernel's tables it would be an IPv4 one.
                && new IPAddress(message.Data(record)) is { IsIPv4MappedToIPv6: false } address)
                addresses.Add((address, Math.Min(ttl, Lifetime(record))));
        return addresses.Count == 0 ? null : new(name, addresses);
    }

    // Records may stand in any order. True: one more alias was found.
    private static bool TryFollow(DnsMessage message, Dictionary<string, uint> aliases)
    {
        Span<byte> target = stackalloc byte[DnsName.MaxLength];
        var found = false;
        foreach (var record in message.Answers)
        {
            var offset = 0;
            if (record is { Type: DnsType.CNAME, Class: Internet } && aliases.TryGetValue(Text(message.Name(record)), out var ttl)
                && message.TryReadName(record, ref offset, target, out var length))
                found |= aliases.TryAdd(Text(target[..length]), Math.Min(ttl, Lifetime(record)));
        }
        return found;
    }

    // RFC 2181 §8: with the top bit set it is to be taken for 0.
    private static uint Lifetime(DnsRecord record) => record.Ttl > int.MaxValue ? 0 : record.Ttl;

    private static string Text(ReadOnlySpan<byte> name) => Encoding.Latin1.GetString(name).ToLowerInvariant();
}
