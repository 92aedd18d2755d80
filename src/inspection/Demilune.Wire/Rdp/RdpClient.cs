using System.Buffers.Binary;
using System.Text;

namespace Demilune.Wire.Rdp;

/// <summary>What a client tells of itself ([MS-RDPBCGR] §2.2.1.3.2). Null: it ends before that.</summary>
public sealed record RdpClient
{
    public uint Version { get; private init; }
    public ushort Width { get; private init; }
    public ushort Height { get; private init; }
    public ushort ColorDepth { get; private init; }
    public uint KeyboardLayout { get; private init; }
    public uint Build { get; private init; }
    public string Name { get; private init; } = "";
    public uint KeyboardType { get; private init; }
    public uint KeyboardSubtype { get; private init; }
    public uint FunctionKeys { get; private init; }
    public string InputMethod { get; private init; } = "";
    public ushort? LaterColorDepth { get; private init; }
    public ushort? Product { get; private init; }
    public uint? Serial { get; private init; }
    public ushort? HighColorDepth { get; private init; }
    public ushort? Capabilities { get; private init; }
    public string? Id { get; private init; }
    public byte? Connection { get; private init; }
    public uint? PhysicalWidth { get; private init; }
    public uint? PhysicalHeight { get; private init; }
    public ushort? Orientation { get; private init; }
    public uint? Scale { get; private init; }
    public uint? DeviceScale { get; private init; }

    /// <param name="block">Without its header. Null: not even what everybody says is there.</param>
    public static RdpClient? Read(ReadOnlySpan<byte> block)
    {
        const int mandatory = 128;
        if (block.Length < mandatory) return null;
        return new()
        {
            Version = U32(block, 0)!.Value,
            Width = U16(block, 4)!.Value,
            Height = U16(block, 6)!.Value,
            ColorDepth = U16(block, 8)!.Value,
            KeyboardLayout = U32(block, 12)!.Value,
            Build = U32(block, 16)!.Value,
            Name = Text(block.Slice(20, 32)),
            KeyboardType = U32(block, 52)!.Value,
            KeyboardSubtype = U32(block, 56)!.Value,
            FunctionKeys = U32(block, 60)!.Value,
            InputMethod = Text(block.Slice(64, 64)),
            LaterColorDepth = U16(block, 128),
            Product = U16(block, 130),
            Serial = U32(block, 132),
            HighColorDepth = U16(block, 136),
            Capabilities = U16(block, 140),
            Id = block.Length >= 206 ? Text(block.Slice(142, 64)) : null,
            Connection = block.Length > 206 ? block[206] : null,
            PhysicalWidth = U32(block, 212),
            PhysicalHeight = U32(block, 216),
            Orientation = U16(block, 220),
            Scale = U32(block, 222),
            DeviceScale = U32(block, 226),
        };
    }

    private static ushort? U16(ReadOnlySpan<byte> block, int at) => at + 2 <= block.Length ? BinaryPrimitives.ReadUInt16LittleEndian(block[at..]) : null;

    private static uint? U32(ReadOnlySpan<byte> block, int at) => at + 4 <= block.Length ? BinaryPrimitives.ReadUInt32LittleEndian(block[at..]) : null;

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        var text = Encoding.Unicode.GetString(bytes);
        var end = text.IndexOf('\0', StringComparison.Ordinal);
        return end < 0 ? text : text[..end];
    }
}
