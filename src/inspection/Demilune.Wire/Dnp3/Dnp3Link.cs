using System.Buffers.Binary;

namespace Demilune.Wire.Dnp3;

/// <summary>The header of a link frame (IEEE 1815 §9.2.4).</summary>
/// <param name="Length">Bytes that follow, without checks; with the five of the header after it.</param>
/// <param name="Control">DIR 80, PRI 40, FCB 20, FCV 10, function code.</param>
public readonly record struct Dnp3Link(byte Length, byte Control, ushort Destination, ushort Source)
{
    /// <summary>With its check.</summary>
    public const int HeaderLength = 10;

    /// <summary>The part of the header that <see cref="Length"/> counts.</summary>
    public const int CountedLength = 5;

    /// <summary>Bytes of user data before each check.</summary>
    public const int BlockLength = 16;

    /// <summary>Bytes of the longest frame: 250 of user data in 16 blocks.</summary>
    public const int MaxFrameLength = 292;

    /// <summary>From the master.</summary>
    public bool IsFromMaster => (Control & 0x80) != 0;
    public bool IsPrimary => (Control & 0x40) != 0;
    public bool FrameCount => (Control & 0x20) != 0;
    public bool FrameCountValid => (Control & 0x10) != 0;
    public int Function => Control & 0xf;

    /// <summary>Confirmed or unconfirmed user data: the only frames with something for the application.</summary>
    public bool HasUserData => Function is 3 or 4;

    /// <summary>Bytes of the frame after its header, with the checks; <see cref="Length"/> is at least <see cref="CountedLength"/>.</summary>
    public int BodyLength
    {
        get
        {
            var data = Length - CountedLength;
            return data + (data + BlockLength - 1) / BlockLength * Dnp3Crc.Length;
        }
    }

    /// <param name="header">Of <see cref="HeaderLength"/> bytes.</param>
    public static Dnp3Link Read(ReadOnlySpan<byte> header) =>
        new(header[2], header[3], BinaryPrimitives.ReadUInt16LittleEndian(header[4..]), BinaryPrimitives.ReadUInt16LittleEndian(header[6..]));
}
