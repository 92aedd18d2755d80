using System.Buffers.Binary;
using Demilune.Inspection.Detection;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Wire.PostgreSql;

namespace Demilune.Inspection.Sessions.PostgreSql;

/// <summary>One connection. Rules look into its stream; EVE tells of each request with its answer.</summary>
internal sealed class PgsqlSession(InspectorOptions options, Detector detector) : IProtocolSession, IMessageBuffers
{
    private readonly PgsqlReader _client = new(isClient: true);
    private readonly PgsqlReader _server = new(isClient: false);
    private readonly PgsqlTransaction _transaction = new(options.TellPgsqlPasswords);
    private int _transactions;
    private bool _asksSasl;

    /// <summary>The server has agreed to TLS.</summary>
    public bool HandsOver { get; private set; }

    public void Begin(RuleSet rules, bool isDatagram) => (_transactions, _asksSasl, HandsOver) = (0, false, false);

    public void Deliver(Side from, ReadOnlySpan<byte> bytes)
    {
        var reader = from == Side.Client ? _client : _server;
        while (!HandsOver && reader.TryRead(ref bytes, out var type, out var body))
        {
            if (from == Side.Client) TakeRequest(type, body);
            else TakeResponse(type, body);
        }
    }

    public void Close(Side from)
    {
        if (from == Side.Server) Finish();
    }

    public void Clear()
    {
        _client.Reset();
        _server.Reset();
        _transaction.Clear();
        HandsOver = false;
    }

    public bool IsOver(Side from) => (from == Side.Client ? _client : _server).IsBroken;

    public IMessageBuffers Message(Side from) => this;

    public bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view)
    {
        view = default;
        return false;
    }

    private void TakeRequest(byte type, ReadOnlySpan<byte> body)
    {
        var isKnown = type is 0 or (byte)'Q' or (byte)'p' or (byte)'X';
        // Messages of an extended query come in a row; any other request ends the one before.
        if (_transaction.IsOpen && !(_transaction.IsUnknown && !isKnown)) Finish();
        if (!_transaction.IsOpen)
        {
            _transaction.Number = _transactions++;
            _transaction.Open(isUnknown: !isKnown);
        }
        switch ((char)type)
        {
            case '\0': TakeStart(body); break;
            case 'Q': _transaction.Ask("simple_query", body.TrimEnd((byte)0)); break;
            case 'p': TakePassword(body); break;
            case 'X':
                _transaction.Ask("message", "termination_message"u8);
                Finish();
                break;
        }
    }

    private void TakeStart(ReadOnlySpan<byte> body)
    {
        var code = BinaryPrimitives.ReadUInt32BigEndian(body);
        switch (code)
        {
            case PgsqlProtocol.SslRequest:
                _transaction.Ask("message", "SSL Request"u8);
                _server.ExpectsAnswer = true;
                break;
            case PgsqlProtocol.GssRequest:
                _transaction.Ask("message", "GSS Enc Request"u8);
                _server.ExpectsAnswer = true;
                break;
            case PgsqlProtocol.CancelRequest:
                _transaction.Cancel(body[4..]);
                Finish();
                break;
            default:
                _transaction.Start((int)(code >> 16), (int)(code & 0xffff), body[4..]);
                _client.IsTyped = true;
                break;
        }
    }

    private void TakePassword(ReadOnlySpan<byte> body)
    {
        if (!_asksSasl)
        {
            _transaction.Ask("password", body.TrimEnd((byte)0));
            return;
        }
        // The first names a mechanism (RFC 5802), what follows is a bare text.
        var rest = body;
        if (body.StartsWith("SCRAM-"u8) && PgsqlTransaction.TryTakeString(ref rest, out var mechanism) && rest.Length >= 4)
        {
            _transaction.Ask("sasl_authentication_mechanism", mechanism.SequenceEqual("SCRAM-SHA-256-PLUS"u8) ? "scram_SHA256_plus"u8 : "scram_SHA256"u8);
            _transaction.Ask("sasl_param", rest[4..]);
            return;
        }
        _transaction.Ask("sasl_response", body);
    }

    private void TakeResponse(byte type, ReadOnlySpan<byte> body)
    {
        if (!_transaction.IsOpen) return;       // what a server says by itself is nobody's answer
        switch ((char)type)
        {
            case 'S' or 'N' or 'G' when body.IsEmpty:
                _transaction.AnswerSsl(type != 'N');
                HandsOver = type == 'S' && detector.Scope.Flush(options);
                Finish();
                break;
            case 'R': TakeAuthentication(body); break;
            case 'S': _transaction.State(body); break;
            case 'K': _transaction.Key(body); break;
            case 'T': _transaction.Fields(body); break;
            case 'D': _transaction.Row(body); break;
            case 'C': _transaction.Answer("command_completed", body.TrimEnd((byte)0)); break;
            case 'E' or 'N': _transaction.Failure(body); break;
            case 'Z': Finish(); break;
        }
    }

    private void TakeAuthentication(ReadOnlySpan<byte> body)
    {
        if (body.Length < 4) return;
        var rest = body[4..];
        switch (BinaryPrimitives.ReadUInt32BigEndian(body))
        {
            case 0:
                _transaction.Answer("message", "authentication_ok"u8);
                return;
            case 3:
                _transaction.Answer("message", "authentication_cleartext_password"u8);
                break;
            case 5:
                _transaction.Answer("authentication_md5_password", rest);
                break;
            case 7:
                _transaction.Answer("message", "authentication_gss"u8);
                break;
            case 9:
                _transaction.Answer("message", "authentication_sspi"u8);
                break;
            case 10:
                _asksSasl = true;
                _transaction.Answer("message", "authentication_sasl"u8);
                break;
            case 11:
                _transaction.Answer("message", "authentication_sasl_continue"u8);
                break;
            case 12:
                _transaction.Answer("authentication_sasl_final", rest);
                return;
            default:
                return;
        }
        Finish();
    }

    private void Finish()
    {
        if (!_transaction.IsOpen) return;
        if (options.LogTransactions)
            detector.Scope.TellRecord(_transaction.RecordType, _transaction.Number, _transaction);
        _transaction.Clear();
    }
}
