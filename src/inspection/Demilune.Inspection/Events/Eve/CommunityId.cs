using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Demilune.Wire.Ip;

namespace Demilune.Inspection.Events.Eve;

/// <summary>A name of a flow that other tools find, too: Community ID, version 1 (Corelight's specification).</summary>
internal static class CommunityId
{
    /// <param name="context">Of the flow; the direction does not matter.</param>
    /// <param name="seed">Tells deployments apart whose addresses are the same. Default 0.</param>
    public static string Of(in FlowContext context, ushort seed)
    {
        Span<byte> bytes = stackalloc byte[2 + 16 + 16 + 2 + 4];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, seed);
        var isInOrder = context.Source.Value < context.Destination.Value
            || (context.Source.Value == context.Destination.Value && context.SourcePort < context.DestinationPort);
        var (first, second) = isInOrder ? (context.Source, context.Destination) : (context.Destination, context.Source);
        var (firstPort, secondPort) = isInOrder ? (context.SourcePort, context.DestinationPort) : (context.DestinationPort, context.SourcePort);
        var at = 2;
        at += Write(first, bytes[at..]);
        at += Write(second, bytes[at..]);
        bytes[at++] = context.Protocol;
        bytes[at++] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[at..], firstPort);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[(at + 2)..], secondPort);
#pragma warning disable CA5350 // The specification says SHA-1; nothing is kept secret by it.
        return new StringBuilder("1:").Append(Convert.ToBase64String(SHA1.HashData(bytes[..(at + 4)]))).ToString();
#pragma warning restore CA5350
    }

    private static int Write(IpAddress address, Span<byte> bytes)
    {
        Span<byte> whole = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(whole, address.Value);
        var used = address.IsV4 ? whole[12..] : whole;
        used.CopyTo(bytes);
        return used.Length;
    }
}
