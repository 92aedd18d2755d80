using Demilune.Policy.Addresses;
using Demilune.Policy.Model;

namespace Demilune.Policy.Intents;

/// <summary>What a policy's rules have to know of the cluster. Whoever answers remembers who asked, and asks again when the answer changes.</summary>
internal interface IPeerIndex
{
    /// <summary>The distinct numbers that a port's name means on the selected pods, ascending.</summary>
    IEnumerable<ushort> NumbersOf(PeerSelector selector, PolicyPort.Named port);

    /// <summary>Of the nodes with these labels.</summary>
    IEnumerable<Prefix> AddressesOf(LabelSelector nodes);
}
