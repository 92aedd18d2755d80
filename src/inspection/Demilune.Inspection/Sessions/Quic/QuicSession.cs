using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Rules.Buffers;
using Demilune.Rules.Compile;
using Demilune.Wire.Quic;
using Demilune.Wire.Tls;

namespace Demilune.Inspection.Sessions.Quic;

/// <summary>One connection. Each packet of its handshake that can be read is a transaction, as in Suricata; after a side's hello nothing is to be read of it.</summary>
internal sealed class QuicSession : IProtocolSession, IMessageBuffers, ITransaction, IQuicFrames
{
    public static readonly BufferId[] Provided =
    [
        BufferId.QuicSni, BufferId.QuicUa, BufferId.QuicVersion, BufferId.QuicCyuHash, BufferId.QuicCyuString, BufferId.Ja3Hash, BufferId.Ja3String,
        BufferId.Ja3sHash, BufferId.Ja3sString, BufferId.Ja4Hash, BufferId.TlsSni,
    ];

    private readonly InspectorOptions _options;
    private readonly Detector _detector;
    private readonly QuicFields _fields;
    private readonly QuicCryptoStream[] _crypto = [new(), new()];
    private readonly bool[] _hasHello = new bool[2];
    private readonly PendingSignatures _pending = new();
    private readonly GoogleTags _tags = new();
    private readonly byte[] _version = new byte[4];
    private readonly List<byte[]> _cyuTexts = [], _cyuHashes = [];
    private QuicInitialKeys? _keys;
    private byte[] _plain = [], _serverName = [], _userAgent = [], _ja3 = [], _ja3Hash = [], _ja4 = [];
    private bool _hasRetried;
    private bool _isTooLong;
    private int _transactions;

    public QuicSession(InspectorOptions options, Detector detector)
    {
        (_options, _detector) = (options, detector);
        _fields = new(this);
    }

    public Side From { get; private set; }
    public uint Version => BinaryPrimitives.ReadUInt32BigEndian(_version);
    public TlsHello Hello { get; } = new();
    public ReadOnlySpan<byte> ServerName => _serverName;
    public ReadOnlySpan<byte> UserAgent => _userAgent;
    public ReadOnlySpan<byte> Ja3Text => _ja3;
    public ReadOnlySpan<byte> Ja3Hash => _ja3Hash;
    public ReadOnlySpan<byte> Ja4Text => _ja4;
    public IReadOnlyList<byte[]> CyuTexts => _cyuTexts;
    public IReadOnlyList<byte[]> CyuHashes => _cyuHashes;
    public bool TellsJa4 => _options.Quic.LogJa4;

    public int Number { get; private set; }
    public string RecordType => "quic";
    public IRecordFields Record => _fields;

    public void Begin(RuleSet rules, bool isDatagram) => _transactions = 0;

    public void Deliver(Side from, ReadOnlySpan<byte> bytes)
    {
        From = from;
        while (!bytes.IsEmpty && !_hasHello[(int)from])
        {
            if (!QuicHeader.TryRead(bytes, out var header) || header.Type == QuicPacketType.Short) return;
            var packet = bytes[..(header.Length + header.ContentLength)];
            bytes = bytes[packet.Length..];
            BeginTransaction(header.Version);
            var fault = header.Type == QuicPacketType.Initial ? TakeInitial(from, in header, packet) : null;
            if (header.Type == QuicPacketType.Retry && from == Side.Server) TakeRetry();
            Judge(packet);
            if (fault is null) Tell();
            else _detector.Notice(fault, this, this, _pending);
            if (fault is not null) return;
        }
    }

    public void Close(Side from)
    {
    }

    public void Clear()
    {
        _keys?.Dispose();
        _keys = null;
        foreach (var stream in _crypto) stream.Clear();
        Array.Clear(_hasHello);
        _hasRetried = false;
        BeginTransaction(0);
        _plain = [];
    }

    public bool IsOver(Side from) => false;

    public IMessageBuffers Message(Side from) => this;

    public bool TryGet(BufferId id, int instance, ReadOnlySpan<byte> piece, out BufferView view)
    {
        var isClient = From == Side.Client;
        if (id is BufferId.QuicCyuHash or BufferId.QuicCyuString)
        {
            var list = id == BufferId.QuicCyuHash ? _cyuHashes : _cyuTexts;
            view = new(instance < list.Count ? list[instance] : default);
            return instance < list.Count;
        }
        var bytes = id switch
        {
            BufferId.QuicVersion => _version,
            BufferId.QuicSni or BufferId.TlsSni when isClient => _serverName,
            BufferId.QuicUa when isClient => _userAgent,
            BufferId.Ja3Hash when isClient => _ja3Hash,
            BufferId.Ja3String when isClient => _ja3,
            BufferId.Ja3sHash when !isClient => _ja3Hash,
            BufferId.Ja3sString when !isClient => _ja3,
            BufferId.Ja4Hash when isClient => _ja4,
            _ => default(ReadOnlySpan<byte>),
        };
        view = new(bytes);
        return instance == 0 && !bytes.IsEmpty;
    }

    void IQuicFrames.Crypto(ulong offset, ReadOnlySpan<byte> bytes) => _isTooLong |= !_crypto[(int)From].TryAdd(offset, bytes);

    void IQuicFrames.Stream(ReadOnlySpan<byte> bytes)
    {
        if (!_tags.TryRead(bytes)) return;
        if (_tags.ServerName.Length > 0) _serverName = _tags.ServerName;
        if (_tags.UserAgent.Length > 0) _userAgent = _tags.UserAgent;
        var text = Encoding.ASCII.GetBytes($"{QuicVersions.NameOf(Version) switch { "Q043" => "43", "Q046" => "46", _ => "44" }},{string.Join('-', _tags.Names)}");
        _cyuTexts.Add(text);
        _cyuHashes.Add(HashOf(text));
    }

    private void BeginTransaction(uint version)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_version, version);
        Number = _transactions++;
        _pending.Clear();
        _cyuTexts.Clear();
        _cyuHashes.Clear();
        Hello.Clear();
        _serverName = _userAgent = _ja3 = _ja3Hash = _ja4 = [];
        _isTooLong = false;
    }

    private string? TakeInitial(Side from, in QuicHeader header, ReadOnlySpan<byte> packet)
    {
        if (QuicVersions.IsGoogles(header.Version))
            return QuicFrames.TryRead(packet[header.Length..], isGoogles: true, this) ? null : "quic.error_on_data";
        if (_keys is null && !QuicVersions.IsStandard(header.Version)) return null;
        _keys ??= new(header.Version, header.Destination);
        if (header.ContentLength == 0) return null;
        if (_plain.Length < packet.Length) _plain = new byte[packet.Length];
        if (!_keys.TryOpen(from == Side.Client, packet, header.Length, _plain, out var length)) return "quic.failed_decrypt";
        if (!QuicFrames.TryRead(_plain.AsSpan(0, length), isGoogles: false, this)) return "quic.error_on_data";
        TakeHandshake(from);
        return _isTooLong ? "quic.crypto_frag_too_long" : null;
    }

    private void TakeHandshake(Side from)
    {
        var bytes = _crypto[(int)from].Contiguous;
        if (bytes.Length < 4) return;
        var length = bytes[1] << 16 | bytes[2] << 8 | bytes[3];
        if (bytes.Length < 4 + length) return;
        var isClient = from == Side.Client;
        _hasHello[(int)from] = true;
        if (bytes[0] != (byte)(isClient ? TlsHandshakeType.ClientHello : TlsHandshakeType.ServerHello)) return;
        Hello.Read(bytes.Slice(4, length), isClient);
        _crypto[(int)from].Clear();
        _serverName = Hello.ServerName.ToArray();
        if (!Hello.IsWellFormed) return;
        _ja3 = Encoding.ASCII.GetBytes(Ja3.Text(Hello, isClient));
        _ja3Hash = HashOf(_ja3);
        if (isClient) _ja4 = Encoding.ASCII.GetBytes(Ja4.Of(Hello, isQuic: true));
    }

    /// <summary>The client begins anew with other keys; it takes one such answer only (RFC 9000 §17.2.5.2).</summary>
    private void TakeRetry()
    {
        if (_hasRetried) return;
        _hasRetried = true;
        _keys?.Dispose();
        _keys = null;
        _hasHello[(int)Side.Client] = false;
        _crypto[(int)Side.Client].Clear();
    }

    private void Judge(ReadOnlySpan<byte> packet)
    {
        foreach (var id in Provided)
            for (var instance = 0; TryGet(id, instance, default, out var view) && (instance == 0 || BufferCatalog.Get(id).IsMultiple); instance++)
                _detector.Offer(id, view.Bytes);
        _detector.Keep(_pending, long.MaxValue);
        _detector.Evaluate(_pending, new DetectionBuffers { Message = this, Payload = packet }, 0, this);
    }

    private void Tell()
    {
        if (!_options.LogTransactions) return;
        var scope = _detector.Scope;
        var context = scope.Context();
        scope.Events.Record(new(in context, RecordType, Number, _fields));
    }

    [SuppressMessage("Security", "CA5351", Justification = "These fingerprints are MD5 by definition; nothing is kept secret or signed with them.")]
    private static byte[] HashOf(byte[] text) => Encoding.ASCII.GetBytes(Convert.ToHexStringLower(MD5.HashData(text)));
}
