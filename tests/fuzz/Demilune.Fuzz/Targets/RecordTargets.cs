using Demilune.Wire;
using Demilune.Wire.Enip;
using Demilune.Wire.Modbus;
using Demilune.Wire.Nfs;
using Demilune.Wire.Rdp;
using Demilune.Wire.Rpc;
using Demilune.Wire.Sip;
using Demilune.Wire.Telnet;

namespace Demilune.Fuzz.Targets;

/// <summary>Streams of records: nothing may throw, and how the bytes are cut changes nothing.</summary>
internal static class RecordTargets
{
    private delegate void Taker(ReadOnlySpan<byte> record, ref HashCode code);

    public static FuzzTarget Modbus { get; } = OfRecords("modbus", "requests and responses of Modbus over TCP", ModbusMessage.HeaderLength, ModbusMessage.LengthOf, static (record, ref code) =>
    {
        foreach (var isRequest in (ReadOnlySpan<bool>)[true, false])
            if (ModbusMessage.Read(record, isRequest) is { } message) code.Add((message.Faults, message.Access, message.Category, message.DataWord(2)));
    });

    public static FuzzTarget Enip { get; } = OfRecords("enip", "messages of EtherNet/IP", EnipMessage.HeaderLength, EnipMessage.LengthOf, static (record, ref code) =>
    {
        var message = new EnipMessage();
        code.Add(message.TryRead(record));
        foreach (var service in message.Services) code.Add(service);
    });

    public static FuzzTarget Rdp { get; } = OfRecords("rdp", "the messages that RDP begins with", RdpMessage.HeaderLength, RdpMessage.LengthOf, static (record, ref code) =>
    {
        var message = new RdpMessage();
        message.Read(record);
        code.Add((message.Type, message.Client, message.Channels.Count));
    });

    public static FuzzTarget Nfs { get; } = OfRecords("nfs", "calls and replies of NFS", RpcMessage.MarkLength, RpcMessage.LengthOf, static (record, ref code) =>
    {
        if (!RpcMessage.TryView(record[RpcMessage.MarkLength..], out var message)) return;
        code.Add(message.TryUser(out _, out _, out _));
        for (var version = 2u; version <= 4; version++)
        {
            code.Add(NfsCall.TryRead(version, message.Procedure, message.Body, out var call));
            code.AddBytes(call.Name);
            foreach (var action in Enum.GetValues<NfsAction>()) code.Add(NfsReply.TryRead(version, action, message.Body, out _));
        }
    });

    public static FuzzTarget Telnet { get; } = new("telnet", "one side of Telnet", bytes =>
    {
        if (Lines(bytes, bytes.Length) != Lines(bytes, 1)) throw new InvalidOperationException("the lines depend on how the bytes are cut");
    });

    public static FuzzTarget Sip { get; } = new("sip", "a message of SIP", bytes =>
    {
        SipMessage.OfStart(bytes);
        var length = SipMessage.LengthOf(bytes, 1 << 16);
        if (length > 0 && SipMessage.TryView(bytes, out var message) && message.Line.Length + message.Fields.Length + message.Body.Length > bytes.Length)
            throw new InvalidOperationException("more than there is");
    });

    private static FuzzTarget OfRecords(string name, string description, int headerLength, HeadedReader.LengthOf lengthOf, Taker take) => new(name, description, bytes =>
    {
        if (Sum(bytes, bytes.Length) != Sum(bytes, 1)) throw new InvalidOperationException("the records depend on how the bytes are cut");

        int Sum(ReadOnlySpan<byte> rest, int pieceLength)
        {
            var reader = new HeadedReader(headerLength, lengthOf);
            var code = new HashCode();
            while (!rest.IsEmpty)
            {
                var piece = rest[..Math.Min(pieceLength, rest.Length)];
                rest = rest[piece.Length..];
                while (reader.TryRead(ref piece, out var record))
                {
                    code.AddBytes(record);
                    take(record, ref code);
                }
            }
            code.Add(reader.IsBroken);
            return code.ToHashCode();
        }
    });

    private static int Lines(ReadOnlySpan<byte> rest, int pieceLength)
    {
        var reader = new TelnetReader();
        var code = new HashCode();
        while (!rest.IsEmpty)
        {
            var piece = rest[..Math.Min(pieceLength, rest.Length)];
            rest = rest[piece.Length..];
            while (reader.TryRead(ref piece, out var line, out var isCommand))
            {
                code.Add(isCommand);
                code.AddBytes(line);
            }
        }
        return code.ToHashCode();
    }
}
