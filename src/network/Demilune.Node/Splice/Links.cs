using Demilune.Contracts.Nodes;
using Demilune.Linux.Bpf;

namespace Demilune.Node.Splice;

/// <summary>Which program sits on which interface. Pinned: an agent that comes back finds them and only replaces the programs.</summary>
internal sealed class Links(string directory, BpfCollection collection)
{
    private const string Overlay = "overlay";

    private static readonly string[] OverlayPrograms = ["to_overlay", "from_overlay"];

    /// <summary>Puts the programs of <paramref name="kind"/> on the host side of a port; replaces those of an earlier agent in place.</summary>
    public void Attach(string portId, Port.Types.Kind kind, int interfaceIndex) => Attach(portId, Programs(kind), interfaceIndex);

    /// <summary>Puts the program that takes held answers back on the end that the agent does not read.</summary>
    public void AttachListener(int interfaceIndex) => Attach("listener", ["from_agent"], interfaceIndex);

    /// <summary>Puts the programs of the tunnels on their interface.</summary>
    public void AttachOverlay(int interfaceIndex) => Attach(Overlay, OverlayPrograms, interfaceIndex);

    public void DetachOverlay() => Detach(Overlay);

    private void Attach(string portId, string[] programs, int interfaceIndex)
    {
        foreach (var name in programs)
        {
            var (program, pin) = (collection.Programs[name], Pin(portId, name));
            using var existing = TcxLink.OpenPinned(pin);
            if (existing is not null && existing.InterfaceIndex == interfaceIndex)
            {
                existing.Replace(program);
                continue;
            }
            File.Delete(pin);       // of an interface that is gone
            using var link = TcxLink.Attach(program, interfaceIndex);
            link.Pin(pin);
        }
    }

    /// <summary>True if an earlier agent's programs sit there.</summary>
    public bool IsAttached(string portId, Port.Types.Kind kind, int interfaceIndex) => IsAttached(portId, Programs(kind), interfaceIndex);

    /// <inheritdoc cref="IsAttached(string, Port.Types.Kind, int)"/>
    public bool IsOverlayAttached(int interfaceIndex) => IsAttached(Overlay, OverlayPrograms, interfaceIndex);

    /// <summary>Takes the programs off, if they are on.</summary>
    public void Detach(string portId)
    {
        foreach (var name in collection.Programs.Keys) File.Delete(Pin(portId, name));
    }

    private bool IsAttached(string portId, string[] programs, int interfaceIndex) => programs.All(name =>
    {
        using var link = TcxLink.OpenPinned(Pin(portId, name));
        return link?.InterfaceIndex == interfaceIndex;
    });

    private static string[] Programs(Port.Types.Kind kind) => kind == Port.Types.Kind.Pod ? ["from_pod", "to_pod"] : ["from_firewall"];

    // The BPF file system does not take dots; a Neutron id has none.
    private string Pin(string portId, string program) => Path.Combine(directory, $"{portId.Replace('.', '_')}-{program}");
}
