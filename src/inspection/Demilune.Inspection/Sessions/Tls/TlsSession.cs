using Demilune.Inspection.Access;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Inspection.Reassembly;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Rules.Headers;
using Demilune.Wire.Tls;

namespace Demilune.Inspection.Sessions.Tls;

/// <summary>One connection: its handshake is the only transaction.</summary>
internal sealed class TlsSession : IProtocolSession, ITransaction
{
    private readonly InspectorOptions _options;
    private readonly Detector _detector;
    private readonly TlsFields _fields;
    private readonly TlsRecordFields _record;
    private RuleSet _rules = RuleSet.Empty;
    private bool _isTold;
    private bool _wantsClientCertificate;

    private readonly TlsFrames[] _frames;

    public TlsSession(InspectorOptions options, SegmentPool pool, Detector detector)
    {
        _frames = [new(new(options, pool, detector)), new(new(options, pool, detector))];
        (_options, _detector, _fields) = (options, detector, options.Tls.Fields);
        (Client, Server) = (new(this, Side.Client), new(this, Side.Server));
        _record = new(this, _fields);
    }

    public TlsSide Client { get; }
    public TlsSide Server { get; }
    public bool HasServerHello { get; set; }

    /// <summary>Application data has gone by: the handshake is over.</summary>
    public bool IsEstablished { get; private set; }
    private Fingerprints? _fingerprints;

    public bool WantsJa3 { get; private set; }
    public bool WantsJa4 { get; private set; }

    /// <summary>Seconds since 1970.</summary>
    public long Now => _detector.Scope.Now / 1_000_000_000;

    public int Number => 0;
    public string RecordType => "tls";
    public IRecordFields Record => _record;

    /// <summary>What was spoken before (STARTTLS, CONNECT), or unknown.</summary>
    public AppProtocol From => _detector.Scope.Flow?.Session?.OriginalApp ?? AppProtocol.Unknown;

    /// <summary>It speaks 1.3, where certificates are secret.</summary>
    public bool HidesCertificates { get; private set; }

    /// <summary>The client came back with a session or a ticket, and the server has shown no certificate.</summary>
    public bool IsResumed => HasServerHello && Server.Certificate is null && !HidesCertificates
        && (Client.Hello.Has(TlsExtension.SessionTicket)
            || (!Client.Hello.SessionId.IsEmpty && Client.Hello.SessionId.SequenceEqual(Server.Hello.SessionId)));

    public void Begin(RuleSet rules, bool isDatagram)
    {
        _rules = rules;
        WantsJa3 = _options.Tls.Ja3 ?? (Looks(BufferId.Ja3Hash) || Looks(BufferId.Ja3String) || Looks(BufferId.Ja3sHash) || Looks(BufferId.Ja3sString));
        WantsJa4 = (_fields & TlsFields.Ja4) != 0 || Looks(BufferId.Ja4Hash);

        bool Looks(BufferId id) => rules.Inspects(id, FlowDirections.ToServer) || rules.Inspects(id, FlowDirections.ToClient);
    }

    public void Deliver(Side from, ReadOnlySpan<byte> bytes)
    {
        if (_detector.Wants(FrameType.TlsHeader, FrameType.TlsHeartbeat)) _frames[(int)from].Take(bytes);
        Of(from).Reader.Feed(bytes, Of(from));
    }

    public void Close(Side from)
    {
        if (HasServerHello || from == Side.Server) Tell();
    }

    public void Clear()
    {
        foreach (var side in _frames) side.Clear();
        Client.Clear();
        Server.Clear();
        _fingerprints = null;
        (HasServerHello, IsEstablished, HidesCertificates, _isTold, _wantsClientCertificate) = (false, false, false, false, false);
    }

    public bool IsOver(Side from) => false;

    public bool IsOpaque => IsEstablished && !Client.Reader.IsBroken && !Server.Reader.IsBroken && _options.Tls.Encryption != EncryptionHandling.Inspect;

    public bool IsLetGo => IsOpaque && _options.Tls.Encryption == EncryptionHandling.Bypass;

    public IMessageBuffers Message(Side from) => Of(from);

    public TlsSide Of(Side from) => from == Side.Client ? Client : Server;

    public void Offer(TlsSide side, Side from, ReadOnlySpan<BufferId> buffers)
    {
        if (side == Server)
        {
            var hello = Server.Hello;
            HidesCertificates = hello.LegacyVersion == TlsVersions.Tls13 || hello.LegacyVersion >> 8 == 0x7f
                || (hello.Version > TlsVersions.Tls12 && Client.Hello.Has(TlsExtension.Versions));
        }
        foreach (var id in buffers)
        {
            if (!_rules.Inspects(id, from.Direction())) continue;
            for (var instance = 0; side.TryGet(id, instance, default, out var view); instance++) _detector.Offer(id, view.Bytes);
        }
        _detector.Keep(side.Pending, long.MaxValue);
    }

    /// <summary>A hello is there: does each policy allow what it says?</summary>
    public void Ask(Side from)
    {
        // The hello that answers a server's retry has other extensions: what kind of client it is was told by the first (RFC 8446 §4.1.2).
        if (from == Side.Client && !HasServerHello) _fingerprints = null;
        foreach (var (member, access) in _detector.AccessLists)
        {
            var fingerprints = access.WantsFingerprints ? _fingerprints ??= Fingerprints.Of(Client.Hello) : default;
            var isAllowed = from == Side.Client ? access.Admits(Client.Hello, fingerprints) : access.Admits(Client.Hello, fingerprints, Server.Hello);
            if (!isAllowed) _detector.Deny(member, access, this);
        }
    }

    public void Evaluate(TlsSide side)
    {
        _detector.Evaluate(side.Pending, new DetectionBuffers { Message = side }, 0, this);
        _detector.Completed(side == Client ? Side.Client : Side.Server);
    }

    public void Notice(string name, TlsSide side, bool isAmbiguous = false) => _detector.Notice(name, this, side, side.Pending, isAmbiguous);

    public void Established()
    {
        if (IsEstablished) return;
        // Early data (RFC 8446 §2.3) comes before the server has said anything.
        if (!HasServerHello && Client.Hello.Has(TlsExtension.EarlyData)) return;
        IsEstablished = true;
        Tell();
    }

    /// <summary>Everything that can be told is known when the server has finished its greeting, or, if it wants one, with the client's certificate.</summary>
    public void Progress(Side from, TlsHandshakeType type)
    {
        _wantsClientCertificate |= from == Side.Server && type == TlsHandshakeType.CertificateRequest;
        if (Server.Certificate is null) return;
        if (from == Side.Server ? type == TlsHandshakeType.ServerHelloDone && !_wantsClientCertificate : type == TlsHandshakeType.Certificate) Tell();
    }

    private void Tell()
    {
        if (_isTold || !_options.LogTransactions) return;
        if (Server.Certificate is null && !HidesCertificates && !(IsResumed && _options.Tls.LogResumed)) return;
        _isTold = true;
        _detector.Scope.TellRecord(RecordType, -1, _record);
    }
}
