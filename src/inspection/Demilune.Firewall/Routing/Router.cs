using System.Buffers.Binary;

namespace Demilune.Firewall.Routing;

/// <summary>The table in force, and our own addresses on both sides.</summary>
/// <param name="inside">MAC address of "in", in the low 48 bits.</param>
/// <param name="outside">Of "out".</param>
internal sealed class Router(ulong inside, ulong outside)
{
    private volatile RoutingTable _table = RoutingTable.Empty;

    /// <summary>Read once per frame.</summary>
    public RoutingTable Table => _table;

    /// <summary>Replaces the table from the next frame on. Any thread.</summary>
    public void Publish(RoutingTable table) => _table = table;

    /// <summary>Writes the two addresses of an Ethernet header: who is next, and we who send it.</summary>
    /// <param name="header">12 bytes.</param>
    public void Address(Span<byte> header, ulong destination, Inspection.Frames.Interface departure)
    {
        Write(header, destination);
        Write(header[6..], departure == Inspection.Frames.Interface.In ? inside : outside);
    }

    private static void Write(Span<byte> bytes, ulong mac)
    {
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)(mac >> 32));
        BinaryPrimitives.WriteUInt32BigEndian(bytes[2..], (uint)mac);
    }
}
