using System.Buffers.Binary;
using System.Text;
using Demilune.Inspection.Detection;
using Demilune.Rules.Buffers;
using Demilune.Wire;
using Demilune.Wire.Tls;
using Demilune.Wire.X509;

namespace Demilune.Inspection.Sessions.Tls;

/// <summary>One side of a handshake: what its parser tells, and the buffers that it fills.</summary>
internal sealed class TlsSide(TlsSession session, Side side) : ITlsEvents, IMessageBuffers
{
    /// <summary>Certificates of a chain that are kept: nobody's is longer than ten.</summary>
    private const int MaxCertificates = 64;

    public static readonly BufferId[] OfHello =
    [
        BufferId.TlsSni, BufferId.TlsVersion, BufferId.TlsRandom, BufferId.TlsRandomTime, BufferId.TlsRandomBytes, BufferId.TlsAlpn, BufferId.Ja3Hash,
        BufferId.Ja3String, BufferId.Ja3sHash, BufferId.Ja3sString, BufferId.Ja4Hash,
    ];

    public static readonly BufferId[] OfCertificates =
    [
        BufferId.TlsCertSubject, BufferId.TlsCertIssuer, BufferId.TlsCertSerial, BufferId.TlsCertFingerprint, BufferId.TlsCerts,
        BufferId.TlsCertChainLength, BufferId.TlsCertNotBefore, BufferId.TlsCertNotAfter, BufferId.TlsCertValidity,
    ];

    private static readonly BufferId[] s_state = [BufferId.SslState];

    private readonly byte[] _number = new byte[sizeof(long)];
    private readonly List<byte[]> _certificates = [];
    private byte[] _subject = [], _issuer = [], _serial = [], _fingerprint = [], _ja3 = [], _ja3Hash = [], _ja4 = [];
    private TlsState _state;
    private int _heartbeat;

    public TlsReader Reader { get; } = new();
    public TlsHello Hello { get; } = new();
    public PendingSignatures Pending { get; } = new();

    /// <summary>Of its hello, or until that of its records.</summary>
    public ushort Version { get; private set; }

    /// <summary>The first of its chain; null if it showed none that can be read.</summary>
    public Certificate? Certificate { get; private set; }
    public IReadOnlyList<byte[]> Certificates => _certificates;
    public ReadOnlySpan<byte> Ja3Text => _ja3;
    public ReadOnlySpan<byte> Ja3Hash => _ja3Hash;
    public ReadOnlySpan<byte> Ja4Text => _ja4;

    public void Clear()
    {
        Reader.Reset();
        Hello.Clear();
        Pending.Clear();
        _certificates.Clear();
        Certificate = null;
        _subject = _issuer = _serial = _fingerprint = _ja3 = _ja3Hash = _ja4 = [];
        (_state, _heartbeat, Version) = (TlsState.Unknown, 0, 0);
    }

    public bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view)
    {
        switch (id)
        {
            case BufferId.TlsCerts:
                view = new(instance < _certificates.Count ? _certificates[instance] : default);
                return instance < _certificates.Count;
            case BufferId.TlsAlpn:
                var isThere = Hello.TryGetProtocol(instance, out var protocol);
                view = new(protocol);
                return isThere;
            case BufferId.TlsVersion: return Number(Version, instance == 0 && Version != 0, out view);
            case BufferId.SslState: return Number((long)_state, instance == 0, out view);
            case BufferId.TlsCertChainLength: return Number(_certificates.Count, instance == 0 && _certificates.Count > 0, out view);
            case BufferId.TlsCertNotBefore: return Number(Seconds(Certificate?.NotBefore), instance == 0 && Certificate is not null, out view);
            case BufferId.TlsCertNotAfter: return Number(Seconds(Certificate?.NotAfter), instance == 0 && Certificate is not null, out view);
            case BufferId.TlsCertValidity: return Number(Validity(), instance == 0 && Certificate is not null, out view);
        }
        var bytes = id switch
        {
            BufferId.TlsSni when side == Side.Client => Hello.ServerName,
            BufferId.TlsRandom => Hello.Random,
            BufferId.TlsRandomTime when !Hello.Random.IsEmpty => Hello.Random[..4],
            BufferId.TlsRandomBytes when !Hello.Random.IsEmpty => Hello.Random[4..],
            BufferId.TlsCertSubject => _subject,
            BufferId.TlsCertIssuer => _issuer,
            BufferId.TlsCertSerial => _serial,
            BufferId.TlsCertFingerprint => _fingerprint,
            BufferId.Ja3Hash when side == Side.Client => _ja3Hash,
            BufferId.Ja3String when side == Side.Client => _ja3,
            BufferId.Ja3sHash when side == Side.Server => _ja3Hash,
            BufferId.Ja3sString when side == Side.Server => _ja3,
            BufferId.Ja4Hash when side == Side.Client => _ja4,
            _ => default,
        };
        view = new(bytes);
        return instance == 0 && !bytes.IsEmpty;
    }

    void ITlsEvents.Record(ushort version)
    {
        if (!Hello.IsPresent) Version = version;
    }

    void ITlsEvents.Handshake(TlsHandshakeType type, ReadOnlySpan<byte> body)
    {
        switch (type)
        {
            case TlsHandshakeType.ClientHello when side == Side.Client:
            case TlsHandshakeType.ServerHello when side == Side.Server:
                TakeHello(body);
                break;
            case TlsHandshakeType.Certificate:
                TakeCertificates(body);
                session.Offer(this, side, OfCertificates);
                break;
            case TlsHandshakeType.ServerKeyExchange:
                _state = TlsState.ServerKeyExchange;
                break;
            case TlsHandshakeType.ClientKeyExchange:
                _state = TlsState.ClientKeyExchange;
                break;
        }
        session.Offer(this, side, s_state);
        session.Evaluate(this);
        session.Progress(side, type);
    }

    void ITlsEvents.Version2(byte type, ReadOnlySpan<byte> body)
    {
        if (type == 0) session.Notice("tls.ERROR_MESSAGE_ENCOUNTERED", this);
        if (type is not (1 or 4)) return;
        _state = type == 1 ? TlsState.ClientHello : TlsState.ServerHello;
        session.HasServerHello |= type == 4;
        session.Ask(side);
        session.Offer(this, side, s_state);
        session.Evaluate(this);
    }

    void ITlsEvents.Other(TlsContentType type, int length, ReadOnlySpan<byte> start)
    {
        switch (type)
        {
            case TlsContentType.ChangeCipherSpec:
                // 1.3 sends it in the middle of a handshake, for the sake of old middleboxes (RFC 8446 §D.4).
                Reader.IsEncrypted = side == Side.Client
                    ? !(Version > TlsVersions.Tls12 && (!session.HasServerHello || session.Server.Hello.IsRetryRequest))
                    : !Hello.IsRetryRequest;
                break;
            case TlsContentType.Heartbeat:
                TakeHeartbeat(length, start);
                break;
        }
    }

    void ITlsEvents.ApplicationData() => session.Established();

    void ITlsEvents.Fault(TlsFault fault) => session.Notice(TlsEvents.Of(fault), this, fault == TlsFault.MessageLength);

    private void TakeHello(ReadOnlySpan<byte> body)
    {
        var faults = Hello.Read(body, side == Side.Client);
        Version = Hello.Version;
        if (side == Side.Server) session.HasServerHello = true;
        _state = side == Side.Client ? TlsState.ClientHello : TlsState.ServerHello;
        if (faults != TlsHelloFaults.None) TellFaults(faults);
        if (Hello.IsWellFormed && session.WantsJa3)
        {
            var text = Ja3.Text(Hello, side == Side.Client);
            (_ja3, _ja3Hash) = (Encoding.ASCII.GetBytes(text), Encoding.ASCII.GetBytes(Ja3.Hash(text)));
        }
        if (Hello.IsWellFormed && side == Side.Client && session.WantsJa4) _ja4 = Encoding.ASCII.GetBytes(Ja4.Of(Hello, isQuic: false));
        session.Offer(this, side, OfHello);
        session.Ask(side);
    }

    private void TellFaults(TlsHelloFaults faults)
    {
        Tell(TlsHelloFaults.Length, "tls.HANDSHAKE_INVALID_LENGTH");
        Tell(TlsHelloFaults.ServerNames, "tls.MULTIPLE_SNI_EXTENSIONS");
        Tell(TlsHelloFaults.ServerNameType, "tls.INVALID_SNI_TYPE");
        Tell(TlsHelloFaults.ServerNameLength, "tls.INVALID_SNI_LENGTH");

        void Tell(TlsHelloFaults fault, string name)
        {
            if ((faults & fault) != 0) session.Notice(name, this);
        }
    }

    private void TakeCertificates(ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        var list = new WireReader(reader.Take(reader.U24()));
        while (!list.IsEmpty && _certificates.Count < MaxCertificates)
        {
            var der = list.Take(list.U24());
            if (list.Failed) break;
            if (_certificates.Count == 0 && Certificate is null)
            {
                var fault = Wire.X509.Certificate.Read(der, out var certificate);
                if (certificate is null)
                {
                    session.Notice(TlsEvents.Of(fault), this);
                    continue;
                }
                Certificate = certificate;
                (_subject, _issuer) = (Encoding.UTF8.GetBytes(certificate.Subject), Encoding.UTF8.GetBytes(certificate.Issuer));
                (_serial, _fingerprint) = (Encoding.ASCII.GetBytes(certificate.Serial), Encoding.ASCII.GetBytes(certificate.Fingerprint));
            }
            _certificates.Add(der.ToArray());
        }
        if (reader.Failed || list.Failed) session.Notice("tls.INVALID_CERTIFICATE", this);
    }

    /// <summary>RFC 6520; what was wrong with it is CVE-2014-0160.</summary>
    private void TakeHeartbeat(int length, ReadOnlySpan<byte> start)
    {
        var isSecret = Reader.IsEncrypted || session.IsEstablished;
        var asked = session.Of(side.Other())._heartbeat;
        if (asked > 0)
        {
            // An answer is as long as its question; a longer one brings what was not asked for.
            if (isSecret && length > asked) session.Notice("tls.DATALEAK_HEARTBEAT_MISMATCH", this);
            session.Of(side.Other())._heartbeat = 0;
            return;
        }
        var isInFlight = _heartbeat > 0;
        _heartbeat = length;
        if (isSecret) return;
        if (isInFlight || start.Length < 3 || start[0] is not (1 or 2))
        {
            session.Notice("tls.INVALID_HEARTBEAT_MESSAGE", this);
            return;
        }
        var payload = BinaryPrimitives.ReadUInt16BigEndian(start[1..]);
        if (payload + 3 > length) session.Notice("tls.OVERFLOW_HEARTBEAT_MESSAGE", this);
        else if (length - payload - 3 < 16) session.Notice("tls.INVALID_HEARTBEAT_MESSAGE", this);
    }

    private bool Number(long value, bool isThere, out BufferView view)
    {
        BinaryPrimitives.WriteInt64BigEndian(_number, value);
        view = new(_number);
        return isThere;
    }

    private static long Seconds(DateTime? time) => time is { } known ? (long)(known - DateTime.UnixEpoch).TotalSeconds : 0;

    /// <summary>1: it has run out. 2: it is not valid yet. 0: it is.</summary>
    private long Validity()
    {
        var now = session.Now;
        return Seconds(Certificate?.NotAfter) < now ? 1 : Seconds(Certificate?.NotBefore) > now ? 2 : 0;
    }
}
