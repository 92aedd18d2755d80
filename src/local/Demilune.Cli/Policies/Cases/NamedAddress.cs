using Demilune.Policy.Addresses;

namespace Demilune.Cli.Policies.Cases;

/// <summary>A destination by name: "api.example.com", or "api.example.com=203.0.113.9" where its address matters.</summary>
/// <remarks>
/// Without a name server nobody knows an address; what is asked is what becomes of a connection once the pod was told. A name without an address
/// has one of a network that is kept for documents (RFC 5737, RFC 3849), so that no policy speaks of it otherwise.
/// </remarks>
internal readonly record struct NamedAddress(string Name, Prefix Address)
{
    /// <returns>Null: no name of a host; or its address is of the other family.</returns>
    public static NamedAddress? TryParse(string who, bool v6)
    {
        var name = who.Split('=')[0];
        if (name.StartsWith('*') || Prefix.TryParse(name, out _) || !DomainPattern.TryParse(name, out var host)) return null;
        var text = who.Length > name.Length ? who[(name.Length + 1)..] : v6 ? "2001:db8::1" : "198.51.100.1";
        return Prefix.TryParse(text, out var address) ? new(host.Text, address) : throw new InvalidDataException($"\"{who}\": {text} is no address");
    }
}
