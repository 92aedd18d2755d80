using System.Buffers.Binary;

namespace Demilune.Wire.Modbus;

/// <summary>A message of Modbus over TCP (Modbus Messaging on TCP/IP 1.0b, Modbus Application Protocol 1.1b3), taken apart.</summary>
public sealed class ModbusMessage
{
    /// <summary>Transaction, protocol and length; the unit counts as the first byte behind it.</summary>
    public const int HeaderLength = 6;

    private const int DataStart = HeaderLength + 2;

    private readonly byte[] _bytes;

    private ModbusMessage(ReadOnlySpan<byte> bytes, bool isRequest)
    {
        _bytes = bytes.ToArray();
        IsRequest = isRequest;
        Faults = Judge();
    }

    /// <param name="bytes">One message with its header: at least a unit and a function.</param>
    public static ModbusMessage? Read(ReadOnlySpan<byte> bytes, bool isRequest) => bytes.Length < DataStart ? null : new(bytes, isRequest);

    /// <summary>Of a message with its header; 0: there is none like that (a unit and a function are the least).</summary>
    public static int LengthOf(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt16BigEndian(header[4..]) is >= 2 and var length ? HeaderLength + length : 0;

    public bool IsRequest { get; }
    public ReadOnlySpan<byte> Bytes => _bytes;
    public ushort TransactionId => Word(0);
    public ushort ProtocolId => Word(2);
    public byte Unit => _bytes[6];

    /// <summary>As sent: an exception has its highest bit set.</summary>
    public byte RawFunction => _bytes[7];
    public byte Function => IsException ? (byte)(RawFunction & 0x7f) : RawFunction;
    public bool IsException => !IsRequest && RawFunction > 0x7f;

    /// <summary>Behind the function.</summary>
    public ReadOnlySpan<byte> Data => _bytes.AsSpan(DataStart);

    /// <summary>What is wrong with it.</summary>
    public ModbusFaults Faults { get; }

    /// <summary>What it does to what.</summary>
    public ModbusAccess Access => Function switch
    {
        1 => ModbusAccess.Read | ModbusAccess.Coils,
        2 => ModbusAccess.Read | ModbusAccess.Discretes,
        3 => ModbusAccess.Read | ModbusAccess.Holding,
        4 => ModbusAccess.Read | ModbusAccess.Input,
        5 => ModbusAccess.Write | ModbusAccess.Coils | ModbusAccess.Single,
        6 => ModbusAccess.Write | ModbusAccess.Holding | ModbusAccess.Single,
        15 => ModbusAccess.Write | ModbusAccess.Coils | ModbusAccess.Multiple,
        16 => ModbusAccess.Write | ModbusAccess.Holding | ModbusAccess.Multiple,
        22 => ModbusAccess.Write | ModbusAccess.Holding,
        23 => ModbusAccess.Read | ModbusAccess.Write | ModbusAccess.Holding | ModbusAccess.Multiple,
        _ => ModbusAccess.None,
    };

    /// <summary>Who has given the function its meaning.</summary>
    public ModbusCategory Category => Function switch
    {
        0 => ModbusCategory.None,
        9 or 10 or 13 or 14 or 41 or 42 or 90 or 91 or 125 or 126 or 127 => ModbusCategory.Reserved,
        (>= 65 and <= 72) or (>= 100 and <= 110) => ModbusCategory.UserDefined,
        8 when Data.Length >= 2 && Word(DataStart) is (> 4 and < 10) or > 21 => ModbusCategory.Reserved,
        43 when Data is [not (13 or 14), ..] => ModbusCategory.Reserved,
        (>= 1 and <= 8) or 11 or 12 or (>= 15 and <= 24) or 43 => ModbusCategory.PublicAssigned,
        _ => ModbusCategory.PublicUnassigned,
    };

    /// <summary>Whether this answers it.</summary>
    public bool Answers(ModbusMessage request) => TransactionId == request.TransactionId && Unit == request.Unit && Function == request.Function;

    /// <summary>Two bytes of the message; 0 where it is shorter.</summary>
    /// <param name="at">Counted from <see cref="Data"/>.</param>
    public ushort DataWord(int at) => Word(DataStart + at);

    private ushort Word(int at) => at + 2 <= _bytes.Length ? BinaryPrimitives.ReadUInt16BigEndian(_bytes.AsSpan(at)) : (ushort)0;

    private ModbusFaults Judge()
    {
        var faults = ProtocolId == 0 ? ModbusFaults.None : ModbusFaults.ProtocolId;
        if (RawFunction == 0 || (IsRequest && RawFunction > 0x7f)) return faults | ModbusFaults.Function;
        if (_bytes.Length > HeaderLength + 254) faults |= ModbusFaults.Length;
        if (IsException)
        {
            if (Data.Length != 1) return faults | ModbusFaults.Length;
            return Data[0] is 0 or 9 or > 11 ? faults | ModbusFaults.ExceptionCode : faults;
        }
        return faults | (IsRequest ? JudgeRequest() : JudgeResponse());
    }

    /// <summary>Lengths and quantities as in §6 of the application protocol.</summary>
    private ModbusFaults JudgeRequest() => Function switch
    {
        1 or 2 => Data.Length != 4 ? ModbusFaults.Length : InRange(DataWord(2), 2000),
        3 or 4 => Data.Length != 4 ? ModbusFaults.Length : InRange(DataWord(2), 125),
        5 => Data.Length != 4 ? ModbusFaults.Length : DataWord(2) is 0 or 0xff00 ? ModbusFaults.None : ModbusFaults.Value,
        6 => Data.Length != 4 ? ModbusFaults.Length : ModbusFaults.None,
        7 or 11 or 12 or 17 => Data.IsEmpty ? ModbusFaults.None : ModbusFaults.Length,
        8 => Data.Length < 4 ? ModbusFaults.Length : ModbusFaults.None,
        15 => Data.Length < 5 || Data.Length != 5 + Data[4] ? ModbusFaults.Length : Data[4] != (DataWord(2) + 7) / 8 ? ModbusFaults.Value : InRange(DataWord(2), 1968),
        16 => Data.Length < 5 || Data.Length != 5 + Data[4] ? ModbusFaults.Length : Data[4] != DataWord(2) * 2 ? ModbusFaults.Value : InRange(DataWord(2), 123),
        22 => Data.Length != 6 ? ModbusFaults.Length : ModbusFaults.None,
        23 => Data.Length < 9 || Data.Length != 9 + Data[8] ? ModbusFaults.Length
            : Data[8] != DataWord(6) * 2 ? ModbusFaults.Value : InRange(DataWord(2), 125) | InRange(DataWord(6), 121),
        43 => Data.IsEmpty ? ModbusFaults.Length : ModbusFaults.None,
        _ => ModbusFaults.None,
    };

    private ModbusFaults JudgeResponse() => Function switch
    {
        1 or 2 or 3 or 4 or 23 => Data.IsEmpty || Data.Length != 1 + Data[0] ? ModbusFaults.Length : Data[0] == 0 ? ModbusFaults.Value : ModbusFaults.None,
        5 or 6 or 15 or 16 => Data.Length != 4 ? ModbusFaults.Length : ModbusFaults.None,
        8 => Data.Length < 4 ? ModbusFaults.Length : ModbusFaults.None,
        22 => Data.Length != 6 ? ModbusFaults.Length : ModbusFaults.None,
        43 => Data.IsEmpty ? ModbusFaults.Length : ModbusFaults.None,
        _ => ModbusFaults.None,
    };

    private static ModbusFaults InRange(int quantity, int most) => quantity >= 1 && quantity <= most ? ModbusFaults.None : ModbusFaults.Value;
}

/// <summary>What is wrong with a message.</summary>
[Flags]
public enum ModbusFaults : byte
{
    None = 0, Length = 1, Value = 2, ExceptionCode = 4, Function = 8, ProtocolId = 16,
}

/// <summary>What a function does to what.</summary>
[Flags]
public enum ModbusAccess : byte
{
    None = 0, Read = 1, Write = 2, Discretes = 4, Coils = 8, Input = 16, Holding = 32, Single = 64, Multiple = 128,
}

/// <summary>Who has given a function its meaning.</summary>
[Flags]
public enum ModbusCategory : byte
{
    None = 0, PublicUnassigned = 1, PublicAssigned = 2, UserDefined = 4, Reserved = 8,
}
