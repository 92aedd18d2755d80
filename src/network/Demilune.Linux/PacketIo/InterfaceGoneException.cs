namespace Demilune.Linux.PacketIo;

/// <summary>The interface of a packet socket was deleted. No later one of that name will ever reach this socket.</summary>
public sealed class InterfaceGoneException(string interfaceName)
    : IOException($"interface {interfaceName} is gone: open a new packet socket when it is back");
