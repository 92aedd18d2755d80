namespace Demilune.Contracts.Nodes;

/// <summary>Who the pods of the cluster are, and which of them has an address. Immutable.</summary>
public sealed class PodDirectory
{
    private readonly Lazy<Dictionary<(uint Network, string Address), Identity>> _byAddress;

    public PodDirectory(IReadOnlyList<Identity> all)
    {
        All = all;
        _byAddress = new(() =>
        {
            Dictionary<(uint, string), Identity> byAddress = [];
            // An address that two pods have for a moment is the later one's.
            foreach (var identity in all)
                foreach (var address in identity.Addresses) byAddress[(identity.Network, address)] = identity;
            return byAddress;
        });
    }

    public static PodDirectory Empty { get; } = new([]);

    public IReadOnlyList<Identity> All { get; }

    /// <param name="address">As in <see cref="Port.Addresses"/>.</param>
    public Identity? Find(uint network, string address) => _byAddress.Value.GetValueOrDefault((network, address));
}
