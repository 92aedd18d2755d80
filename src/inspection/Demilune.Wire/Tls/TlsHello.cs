namespace Demilune.Wire.Tls;

/// <summary>A ClientHello or ServerHello (RFC 8446 §4.1), taken apart in its own memory. Used again for other connections.</summary>
public sealed class TlsHello
{
    public const int RandomLength = 32;

    /// <summary>Extensions that are looked at: browsers send twenty; each costs a step of every fingerprint.</summary>
    private const int MaxExtensions = 256;

    private readonly List<TlsExtension> _extensions = [];
    private byte[] _bytes = [];
    private Range _session, _ciphers, _serverName, _groups, _pointFormats, _signatureAlgorithms, _protocols, _versions;

    /// <summary>It has come.</summary>
    public bool IsPresent { get; private set; }

    /// <summary>It came whole and could be read to its end, so that fingerprints of it mean something.</summary>
    public bool IsWellFormed { get; private set; }

    /// <summary>What its version field says; 1.3 says 1.2 there.</summary>
    public ushort LegacyVersion { get; private set; }

    /// <summary>What the extension says: of a client its first choice, of a server what it chose. Without it, the field.</summary>
    public ushort Version { get; private set; }

    public ReadOnlySpan<byte> Random => _bytes.Length >= 2 + RandomLength ? _bytes.AsSpan(2, RandomLength) : default;
    public ReadOnlySpan<byte> SessionId => _bytes.AsSpan(_session);

    /// <summary>Pairs of bytes; of a server one.</summary>
    public ReadOnlySpan<byte> CipherSuites => _bytes.AsSpan(_ciphers);

    /// <summary>As it came, at most 255 bytes; empty if there is none.</summary>
    public ReadOnlySpan<byte> ServerName => _bytes.AsSpan(_serverName);

    /// <summary>It is the only one and nothing stands beside it: no server finds another.</summary>
    public bool IsServerNameClear { get; private set; }

    /// <summary>Pairs of bytes.</summary>
    public ReadOnlySpan<byte> Groups => _bytes.AsSpan(_groups);
    public ReadOnlySpan<byte> PointFormats => _bytes.AsSpan(_pointFormats);

    /// <summary>Pairs of bytes.</summary>
    public ReadOnlySpan<byte> SignatureAlgorithms => _bytes.AsSpan(_signatureAlgorithms);

    /// <summary>Pairs of bytes; only of a client.</summary>
    public ReadOnlySpan<byte> SupportedVersions => _bytes.AsSpan(_versions);

    /// <summary>In order of the message.</summary>
    public IReadOnlyList<TlsExtension> Extensions => _extensions;

    public ReadOnlySpan<byte> Content(TlsExtension extension) => _bytes.AsSpan(extension.Start, extension.Length);

    public bool Has(ushort extension)
    {
        foreach (var each in _extensions)
            if (each.Type == extension) return true;
        return false;
    }

    /// <summary>The random number says that this is no ServerHello but a HelloRetryRequest (RFC 8446 §4.1.3).</summary>
    public bool IsRetryRequest => Random.SequenceEqual(s_retry);

    /// <summary>Which protocols are offered or chosen (RFC 7301).</summary>
    /// <param name="index">From 0.</param>
    /// <param name="protocol">Its name.</param>
    /// <returns>False: there are no more.</returns>
    public bool TryGetProtocol(int index, out ReadOnlySpan<byte> protocol)
    {
        var list = new WireReader(_bytes.AsSpan(_protocols));
        protocol = default;
        for (var i = 0; i <= index; i++)
        {
            if (list.IsEmpty) return false;
            protocol = list.Vector8();
        }
        return !list.Failed;
    }

    public void Clear()
    {
        _extensions.Clear();
        (IsPresent, IsWellFormed, IsServerNameClear, LegacyVersion, Version) = (false, false, false, 0, 0);
        _session = _ciphers = _serverName = _groups = _pointFormats = _signatureAlgorithms = _protocols = _versions = default;
        _bytes = [];
    }

    /// <summary>Takes a hello. What can be read of a broken one is kept.</summary>
    /// <param name="message">Without type and length.</param>
    /// <param name="isClient">Whose it is.</param>
    /// <returns>What is wrong with it.</returns>
    public TlsHelloFaults Read(ReadOnlySpan<byte> message, bool isClient)
    {
        Clear();
        IsPresent = true;
        _bytes = message.ToArray();
        var reader = new WireReader(_bytes);
        LegacyVersion = Version = reader.U16();
        if (LegacyVersion is >= 0x7f01 and < 0x7f10 or TlsVersions.Tls13) Version = TlsVersions.Tls13BeforeDraft16;
        reader.Take(RandomLength);
        // Drafts of 1.3 up to 21 left the session and the compression method out of the server's.
        var isShort = !isClient && (LegacyVersion == TlsVersions.Tls13 || LegacyVersion >> 8 == 0x7f);
        if (!isShort) _session = Place(reader.Vector8());
        var ciphers = isClient ? reader.Vector16() : reader.Take(2);
        _ciphers = Place(ciphers);
        if (isClient) reader.Vector8();
        else if (!isShort) reader.Take(1);
        if (reader.Failed || ciphers.Length % 2 != 0) return TlsHelloFaults.Length;
        if (reader.Rest.Length < 2)
        {
            IsWellFormed = true;        // extensions may be absent before 1.3
            return TlsHelloFaults.None;
        }
        var extensions = new WireReader(reader.Vector16());
        var faults = TlsHelloFaults.None;
        while (!extensions.IsEmpty && _extensions.Count < MaxExtensions)
        {
            var type = extensions.U16();
            var content = extensions.Vector16();
            if (extensions.Failed) break;
            _extensions.Add(new(type, Place(content).Start.Value, content.Length));
            faults |= content.IsEmpty ? TlsHelloFaults.None : ReadExtension(type, content, isClient);
        }
        IsWellFormed = !reader.Failed && !extensions.Failed;
        return IsWellFormed ? faults : faults | TlsHelloFaults.Length;
    }

    private TlsHelloFaults ReadExtension(ushort type, ReadOnlySpan<byte> content, bool isClient)
    {
        var reader = new WireReader(content);
        switch (type)
        {
            case TlsExtension.ServerName when isClient:
                IsServerNameClear = ServerName.IsEmpty && IsOneName(content);
                return ReadServerName(ref reader);
            case TlsExtension.SupportedGroups:
                _groups = Place(reader.Vector16());
                break;
            case TlsExtension.PointFormats:
                _pointFormats = Place(reader.Vector8());
                break;
            case TlsExtension.Signatures:
                _signatureAlgorithms = Place(reader.Vector16());
                break;
            case TlsExtension.Protocols:
                _protocols = Place(reader.Vector16());
                break;
            case TlsExtension.Versions when isClient:
                var versions = reader.Vector8();
                _versions = Place(versions);
                if (versions.Length < 2) return TlsHelloFaults.Length;
                Version = (ushort)(versions[0] << 8 | versions[1]);
                break;
            case TlsExtension.Versions:
                var chosen = reader.Take(2);
                _versions = Place(chosen);
                if (chosen.Length == 2) Version = (ushort)(chosen[0] << 8 | chosen[1]);
                break;
        }
        return reader.Failed ? TlsHelloFaults.Length : TlsHelloFaults.None;
    }

    private TlsHelloFaults ReadServerName(ref WireReader reader)
    {
        reader.U16();
        var isHostName = reader.U8() == 0;      // the only kind ever defined (RFC 6066 §3)
        if (reader.Failed) return TlsHelloFaults.Length;
        if (!isHostName) return TlsHelloFaults.ServerNameType;
        var name = reader.Vector16();
        if (name.Length is 0 or > 255) return TlsHelloFaults.ServerNameLength;
        if (!ServerName.IsEmpty) return TlsHelloFaults.ServerNames;
        _serverName = Place(name);
        return TlsHelloFaults.None;
    }

    private static bool IsOneName(ReadOnlySpan<byte> content)
    {
        var reader = new WireReader(content);
        var names = new WireReader(reader.Vector16());
        var isHostName = names.U8() == 0;
        names.Vector16();
        return isHostName && !reader.Failed && !names.Failed && reader.IsEmpty && names.IsEmpty;
    }

    /// <summary>Where a part of the message lies.</summary>
    private Range Place(ReadOnlySpan<byte> part)
    {
        if (part.IsEmpty || !_bytes.AsSpan().Overlaps(part, out var offset)) return default;
        return offset..(offset + part.Length);
    }

    private static ReadOnlySpan<byte> s_retry =>
    [
        0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
        0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
    ];
}

/// <summary>An extension's place in its hello.</summary>
public readonly record struct TlsExtension(ushort Type, int Start, int Length)
{
    public const ushort ServerName = 0, SupportedGroups = 10, PointFormats = 11, Signatures = 13, Protocols = 16, SessionTicket = 35, EarlyData = 42, Versions = 43;

    /// <summary>Numbers that mean nothing and are sent so that nobody relies on their absence (RFC 8701).</summary>
    public static bool IsGrease(int value) => (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

/// <summary>What can be wrong with a hello.</summary>
[Flags]
public enum TlsHelloFaults : byte
{
    None = 0,

    /// <summary>A length that does not fit.</summary>
    Length = 1,

    /// <summary>More than one server name.</summary>
    ServerNames = 2,

    /// <summary>A name that is no host's.</summary>
    ServerNameType = 4,

    /// <summary>A name that is empty or longer than names can be.</summary>
    ServerNameLength = 8,
}
