using System.Buffers.Binary;

namespace Demilune.Wire.Enip;

/// <summary>A message of EtherNet/IP's encapsulation (CIP networks library, volume 2, §2-3) and the CIP services in it. Used again for the next one.</summary>
public sealed class EnipMessage
{
    public const int HeaderLength = 24;

    public const ushort SendRrData = 0x6f, SendUnitData = 0x70;

    /// <summary>A service that carries others.</summary>
    private const byte MultipleService = 0x0a;

    /// <summary>Services of one message that are read: a message of 64 KiB could hold thousands, controllers send some tens.</summary>
    private const int MaxServices = 256;

    private readonly List<CipService> _services = [];

    public ushort Command { get; private set; }
    public uint Session { get; private set; }
    public uint Status { get; private set; }
    public IReadOnlyList<CipService> Services => _services;

    /// <summary>Of a message with its header.</summary>
    public static int LengthOf(ReadOnlySpan<byte> header) => HeaderLength + BinaryPrimitives.ReadUInt16LittleEndian(header[2..]);

    /// <summary>NOP, ListServices, ListIdentity, ListInterfaces, (Un)RegisterSession, SendRRData, SendUnitData, IndicateStatus, Cancel.</summary>
    public static bool IsKnown(ushort command) => command is 0 or 4 or 0x63 or 0x64 or 0x65 or 0x66 or SendRrData or SendUnitData or 0x72 or 0x73;

    /// <returns>False: it ends before it says; what was read stands.</returns>
    public bool TryRead(ReadOnlySpan<byte> bytes)
    {
        _services.Clear();
        (Command, Session, Status) = (0, 0, 0);
        if (bytes.Length < HeaderLength) return false;
        Command = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        Session = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        Status = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        var data = bytes[HeaderLength..];
        return Command is not (SendRrData or SendUnitData) || data.IsEmpty || TryReadItems(data);
    }

    /// <summary>Common packet format (§2-6).</summary>
    private bool TryReadItems(ReadOnlySpan<byte> data)
    {
        if (data.Length < 8) return false;
        var count = BinaryPrimitives.ReadUInt16LittleEndian(data[6..]);
        data = data[8..];
        for (; count > 0; count--)
        {
            if (data.Length < 4) return false;
            var type = BinaryPrimitives.ReadUInt16LittleEndian(data);
            var length = BinaryPrimitives.ReadUInt16LittleEndian(data[2..]);
            if (data.Length < 4 + length) return false;
            var item = data.Slice(4, length);
            data = data[(4 + length)..];
            // What goes over a connection has a number before it.
            if (type == 0xb1 && item.Length > 2) ReadService(item[2..], isNested: false);
            else if (type == 0xb2) ReadService(item, isNested: false);
        }
        return true;
    }

    private void ReadService(ReadOnlySpan<byte> bytes, bool isNested)
    {
        if (bytes.IsEmpty || _services.Count == MaxServices) return;
        var code = bytes[0];
        if ((code & 0x80) != 0)
        {
            _services.Add(new((byte)(code & 0x7f), true, -1, -1, bytes.Length > 2 ? bytes[2] : -1));
            return;
        }
        if (bytes.Length < 2 || bytes.Length < 2 + bytes[1] * 2) return;
        var (ofClass, attribute) = ReadPath(bytes.Slice(2, bytes[1] * 2));
        _services.Add(new(code, false, ofClass, attribute, -1));
        if (code == MultipleService && !isNested) ReadNested(bytes[(2 + bytes[1] * 2)..]);
    }

    private void ReadNested(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 2) return;
        var count = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        for (var i = 0; i < count && 4 + i * 2 <= bytes.Length; i++)
        {
            var offset = BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 + i * 2)..]);
            if (offset < bytes.Length) ReadService(bytes[offset..], isNested: true);
        }
    }

    /// <summary>Logical segments (volume 1, appendix C).</summary>
    private static (int Class, int Attribute) ReadPath(ReadOnlySpan<byte> path)
    {
        var (ofClass, attribute) = (-1, -1);
        while (path.Length >= 2)
        {
            var segment = path[0];
            var (value, length) = (segment & 3) switch
            {
                0 => ((int)path[1], 2),
                1 when path.Length >= 4 => (BinaryPrimitives.ReadUInt16LittleEndian(path[2..]), 4),
                2 when path.Length >= 6 => ((int)BinaryPrimitives.ReadUInt32LittleEndian(path[2..]), 6),
                _ => (0, 0),
            };
            if (length == 0 || (segment & 0xe0) != 0x20) return (ofClass, attribute);
            if ((segment & 0x1c) == 0) ofClass = value;
            else if ((segment & 0x1c) == 0x10) attribute = value;
            path = path[length..];
        }
        return (ofClass, attribute);
    }
}

/// <summary>A service that is asked for, or answered.</summary>
/// <param name="Code">Which.</param>
/// <param name="IsResponse">It is an answer.</param>
/// <param name="Class">Of the object that it is asked of; -1: not said.</param>
/// <param name="Attribute">-1: not said.</param>
/// <param name="Status">Of an answer; -1: none.</param>
public readonly record struct CipService(byte Code, bool IsResponse, int Class, int Attribute, int Status);
