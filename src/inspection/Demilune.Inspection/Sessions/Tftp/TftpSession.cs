using System.Text.Json;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Inspection.Events.Eve;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Wire.Tftp;

namespace Demilune.Inspection.Sessions.Tftp;

/// <summary>TFTP's requests: each is a transaction. What follows goes between other ports.</summary>
internal sealed class TftpSession(InspectorOptions options, Detector detector) : IProtocolSession, ITransaction, IRecordFields
{
    private readonly EveText _text = new();
    private byte[] _file = [];
    private byte[] _mode = [];
    private bool _isWrite;
    private int _transactions;

    public static Protocol Definition { get; } = new()
    {
        App = AppProtocol.Tftp,
        OfDatagram = static (from, bytes) => from == Side.Client && TftpRequest.TryView(bytes, out _) ? Wire.Detection.Yes : Wire.Detection.No,
        Buffers = [],
        Open = static (options, _, detector) => new TftpSession(options, detector),
    };

    public int Number { get; private set; }
    public string RecordType => "tftp";
    public IRecordFields Record => this;

    public void Begin(RuleSet rules, bool isDatagram) => _transactions = 0;

    public void Deliver(Side from, ReadOnlySpan<byte> bytes)
    {
        if (from != Side.Client || !TftpRequest.TryView(bytes, out var request)) return;
        (_isWrite, _file, _mode, Number) = (request.IsWrite, request.File.ToArray(), request.Mode.ToArray(), _transactions++);
        if (!options.LogTransactions) return;
        var context = detector.Scope.Context();
        detector.Scope.Events.Record(new(in context, RecordType, Number, this));
    }

    public void Close(Side from)
    {
    }

    public void Clear()
    {
    }

    public bool IsOver(Side from) => false;

    public IMessageBuffers? Message(Side from) => null;

    public void Write(Utf8JsonWriter json)
    {
        json.WriteString("packet"u8, _isWrite ? "write"u8 : "read"u8);
        json.WriteString("file"u8, _text.Of(_file));
        json.WriteString("mode"u8, _text.Of(_mode));
    }
}
