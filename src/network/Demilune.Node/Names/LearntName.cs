using Demilune.Node.Splice.Compile;

namespace Demilune.Node.Names;

/// <summary>That a pod was told of a name that it is at an address.</summary>
/// <param name="PortId">The pod's port.</param>
/// <param name="Name">In lower case, without a dot at its end.</param>
/// <param name="Expires">Nanoseconds since boot, as the kernel's clock.</param>
internal readonly record struct LearntName(string PortId, string Name, Prefix Address, ulong Expires);
