using System.Text.Json;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Inspection.Events.Eve;
using Demilune.Rules.Buffers;
using Demilune.Wire.Modbus;

namespace Demilune.Inspection.Sessions.Modbus;

/// <summary>A request and its answer, either of which may be missing.</summary>
internal sealed class ModbusTransaction : ITransaction, IMessageBuffers, IRecordFields
{
    private readonly EveText _text = new();

    public ModbusMessage? Request { get; set; }
    public ModbusMessage? Response { get; set; }
    public PendingSignatures Pending { get; } = new();
    public int Number { get; init; }
    public bool Lasts => true;
    public string RecordType => "modbus";
    public IRecordFields Record => this;

    public bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view)
    {
        view = Request is null ? default : new(Request.Bytes);
        return id == BufferId.ModbusRequest && instance == 0 && Request is not null;
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteNumber("id"u8, Number + 1);
        WriteMessage(json, "request"u8, Request);
        WriteMessage(json, "response"u8, Response);
    }

    private void WriteMessage(Utf8JsonWriter json, ReadOnlySpan<byte> name, ModbusMessage? message)
    {
        if (message is null) return;
        json.WriteStartObject(name);
        json.WriteNumber("transaction_id"u8, message.TransactionId);
        json.WriteNumber("protocol_id"u8, message.ProtocolId);
        json.WriteNumber("unit_id"u8, message.Unit);
        json.WriteNumber("function_raw"u8, message.RawFunction);
        json.WriteString("function_code"u8, ModbusNames.OfFunction(message.Function));
        json.WriteString("access_type"u8, ModbusNames.Of(message.Access));
        json.WriteString("category"u8, ModbusNames.Of(message.IsException ? ModbusCategory.None : message.Category));
        json.WriteString("error_flags"u8, ModbusNames.Of(message.Faults));
        WriteData(json, message);
        json.WriteEndObject();
    }

    private void WriteData(Utf8JsonWriter json, ModbusMessage message)
    {
        var data = message.Data;
        if (message.IsException && data.Length > 0)
        {
            json.WriteStartObject("exception"u8);
            json.WriteNumber("raw"u8, data[0]);
            json.WriteString("code"u8, ModbusNames.OfException(data[0]));
            json.WriteEndObject();
        }
        else if (data.IsEmpty)
        {
            if (message.Access == ModbusAccess.None && message.Function is not (8 or 43)) json.WriteString("data"u8, ""u8);
        }
        else if ((message.Faults & ModbusFaults.Length) != 0)
        {
            json.WriteString("data"u8, _text.Of(data));
        }
        else if (message.Function == 8)
        {
            WriteNamed(json, "diagnostic"u8, message.DataWord(0), ModbusNames.OfDiagnostic(message.DataWord(0)), data[2..]);
        }
        else if (message.Function == 43)
        {
            WriteNamed(json, "mei"u8, data[0], data[0] switch { 13 => "CANOpenGenRefReqResp", 14 => "RdDevId", _ => "Unknown" }, data[1..]);
        }
        else
        {
            WriteAccess(json, message, data);
        }
    }

    private void WriteAccess(Utf8JsonWriter json, ModbusMessage message, ReadOnlySpan<byte> data)
    {
        switch (message.Function)
        {
            case 1 or 2 or 3 or 4 or 23:
                json.WriteStartObject("read"u8);
                if (message.IsRequest) WriteNumbers(json, ("address", message.DataWord(0)), ("quantity", message.DataWord(2)));
                else json.WriteString("data"u8, _text.Of(data[1..]));
                json.WriteEndObject();
                if (message.Function != 23 || !message.IsRequest) break;
                json.WriteStartObject("write"u8);
                WriteNumbers(json, ("address", message.DataWord(4)), ("quantity", message.DataWord(6)));
                json.WriteString("data"u8, _text.Of(data[9..]));
                json.WriteEndObject();
                break;
            case 5 or 6 or 15 or 16 or 22:
                json.WriteStartObject("write"u8);
                var isMultiple = message.Function is 15 or 16;
                if (message.Function == 22) WriteNumbers(json, ("address", message.DataWord(0)), ("and_mask", message.DataWord(2)), ("or_mask", message.DataWord(4)));
                else WriteNumbers(json, ("address", message.DataWord(0)), (isMultiple && message.IsRequest ? "quantity" : "data", message.DataWord(2)));
                if (isMultiple && message.IsRequest) json.WriteString("data"u8, _text.Of(data[5..]));
                json.WriteEndObject();
                break;
            default:
                json.WriteString("data"u8, _text.Of(data));
                break;
        }
    }

    private void WriteNamed(Utf8JsonWriter json, ReadOnlySpan<byte> name, int raw, string code, ReadOnlySpan<byte> data)
    {
        json.WriteStartObject(name);
        json.WriteNumber("raw"u8, raw);
        json.WriteString("code"u8, code);
        json.WriteString("data"u8, _text.Of(data));
        json.WriteEndObject();
    }

    private static void WriteNumbers(Utf8JsonWriter json, params ReadOnlySpan<(string Name, ushort Value)> numbers)
    {
        foreach (var (name, value) in numbers) json.WriteNumber(name, value);
    }
}
