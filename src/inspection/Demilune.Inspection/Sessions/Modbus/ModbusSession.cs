using Demilune.Inspection.Detection;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Wire;
using Demilune.Wire.Modbus;

namespace Demilune.Inspection.Sessions.Modbus;

/// <summary>Modbus over TCP. A transaction is a request and what answers it.</summary>
internal sealed class ModbusSession(InspectorOptions options, Detector detector) : IProtocolSession
{
    /// <summary>Requests that wait for an answer; a server handles up to 16 at a time (Modbus Messaging on TCP/IP §4.2.1). When full, the oldest is told.</summary>
    private const int MaxOpen = 500;

    private readonly HeadedReader[] _readers = [NewReader(), NewReader()];
    private readonly List<ModbusTransaction> _open = [];
    private ModbusTransaction? _latest;
    private int _transactions;

    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.Modbus,
        OfStream = static (from, bytes) => from == Side.Client ? ModbusDetection.OfClient(bytes) : Wire.Detection.No,
        Ports = [502],
        AtPort = static (_, bytes) => ModbusDetection.OfAny(bytes),
        Buffers = [BufferId.ModbusRequest],
        Events =
        [
            "modbus.unsolicited_response", "modbus.invalid_function_code", "modbus.invalid_length", "modbus.invalid_value", "modbus.invalid_exception_code",
            "modbus.value_mismatch", "modbus.invalid_unit_identifier", "modbus.flooded", "modbus.invalid_protocol_id",
        ],
        Open = static (options, _, detector) => new ModbusSession(options, detector),
    };

    public void Begin(RuleSet rules, bool isDatagram)
    {
        Clear();
        _transactions = 0;
    }

    public void Deliver(Side from, ReadOnlySpan<byte> bytes)
    {
        while (_readers[(int)from].TryRead(ref bytes, out var bytesOf))
            if (ModbusMessage.Read(bytesOf, from == Side.Client) is { } message) Take(from, message);
    }

    public bool TrySkip(Side from, long count)
    {
        _readers[(int)from].Skip(count);
        return true;
    }

    public void Close(Side from)
    {
        if (from != Side.Server) return;
        foreach (var transaction in _open) Tell(transaction);
        _open.Clear();
    }

    public void Clear()
    {
        foreach (var reader in _readers) reader.Reset();
        _open.Clear();
        _latest = null;
    }

    public bool IsOver(Side from) => _readers[(int)from].IsBroken;

    public IMessageBuffers? Message(Side from) => _latest;

    private static HeadedReader NewReader() => new(ModbusMessage.HeaderLength, ModbusMessage.LengthOf);

    private void Take(Side from, ModbusMessage message)
    {
        var transaction = from == Side.Server ? _open.Find(open => message.Answers(open.Request!)) : null;
        var isAnswer = transaction is not null;
        _latest = transaction ??= new() { Number = _transactions++ };
        if (from == Side.Client)
        {
            transaction.Request = message;
            detector.Offer(BufferId.ModbusRequest, message.Bytes);
            detector.Keep(transaction.Pending, long.MaxValue);
        }
        else
        {
            transaction.Response = message;
        }
        detector.Evaluate(transaction.Pending, new DetectionBuffers { Message = transaction }, 0, transaction);
        if (from == Side.Server && !isAnswer) Notice("modbus.unsolicited_response");
        NoticeFaults(message);
        if (from == Side.Server)
        {
            _open.Remove(transaction);
            Tell(transaction);
            return;
        }
        _open.Add(transaction);
        if (_open.Count <= MaxOpen) return;
        Notice("modbus.flooded");
        Tell(_open[0]);
        _open.RemoveAt(0);

        void Notice(string name) => detector.Notice(name, transaction, transaction, transaction.Pending);

        void NoticeFaults(ModbusMessage message)
        {
            var faults = message.Faults;
            if (!message.IsRequest && (message.Access & (ModbusAccess.Read | ModbusAccess.Write)) != 0 && (faults & (ModbusFaults.Length | ModbusFaults.Value)) != 0)
            {
                Notice("modbus.value_mismatch");
                return;
            }
            if ((faults & ModbusFaults.Function) != 0) Notice("modbus.invalid_function_code");
            if ((faults & ModbusFaults.Value) != 0) Notice("modbus.invalid_value");
            if ((faults & ModbusFaults.Length) != 0) Notice("modbus.invalid_length");
            if ((faults & ModbusFaults.ExceptionCode) != 0) Notice("modbus.invalid_exception_code");
            if ((faults & ModbusFaults.ProtocolId) != 0) Notice("modbus.invalid_protocol_id");
        }
    }

    private void Tell(ModbusTransaction transaction)
    {
        if (options.LogTransactions) detector.Scope.TellRecord("modbus", transaction.Number, transaction);
    }
}
