using System.Globalization;
using System.Text;
using Demilune.Wire.Asn1;

namespace Demilune.Wire.Snmp;

/// <summary>An SNMP message of version 1 (RFC 1157), 2c (RFC 1901) or 3 (RFC 3412), taken apart. Used again for the next one.</summary>
public sealed class SnmpMessage
{
    /// <summary>Variables that are read of a message; a bulk response in one datagram has less.</summary>
    private const int MaxVariables = 512;

    private readonly List<string> _variables = [];

    /// <summary>1, 2 or 3.</summary>
    public int Version { get; private set; }

    /// <summary>Empty in version 3.</summary>
    public byte[] Community { get; private set; } = [];

    /// <summary>The user's name in version 3.</summary>
    public byte[] User { get; private set; } = [];

    /// <summary>Number of the context tag: 0 get, 1 get next, 2 response, 3 set, 4 trap of version 1, 5 get bulk, 6 inform, 7 trap, 8 report; -1: it cannot be read.</summary>
    public int Type { get; private set; }

    /// <summary>Its content is encrypted.</summary>
    public bool IsEncrypted { get; private set; }
    public long Error { get; private set; }

    /// <summary>Of a trap of version 1.</summary>
    public long TrapType { get; private set; }
    public string TrapObject { get; private set; } = "";
    public byte[] TrapAddress { get; private set; } = [];
    public IReadOnlyList<string> Variables => _variables;

    /// <returns>False if this is no such message.</returns>
    public bool TryRead(ReadOnlySpan<byte> datagram)
    {
        _variables.Clear();
        (Version, Community, User, Type, IsEncrypted, Error, TrapType, TrapObject, TrapAddress) = (0, [], [], -1, false, 0, 0, "", []);
        var outer = new DerReader(datagram);
        var message = outer.Enter(DerReader.Sequence);
        var version = message.ReadNumber();
        if (message.Failed) return false;
        switch (version)
        {
            case 0 or 1:
                Version = (int)version + 1;
                Community = message.Read(DerReader.OctetString).ToArray();
                return !message.Failed && TryReadData(ref message);
            case 3:
                Version = 3;
                return TryReadVersion3(ref message);
            default:
                return false;
        }
    }

    private bool TryReadVersion3(ref DerReader message)
    {
        var header = message.Enter(DerReader.Sequence);
        header.ReadNumber();
        header.ReadNumber();
        header.Read(DerReader.OctetString);
        var model = header.ReadNumber();
        var security = new DerReader(message.Read(DerReader.OctetString));
        if (message.Failed || header.Failed) return false;
        if (model == 3)     // RFC 3414
        {
            var user = security.Enter(DerReader.Sequence);
            user.Read(DerReader.OctetString);
            user.ReadNumber();
            user.ReadNumber();
            User = user.Read(DerReader.OctetString).ToArray();
        }
        IsEncrypted = message.Next == DerReader.OctetString;
        if (IsEncrypted) return true;
        var scoped = message.Enter(DerReader.Sequence);
        scoped.Read(DerReader.OctetString);
        scoped.Read(DerReader.OctetString);
        return !scoped.Failed && TryReadData(ref scoped);
    }

    private bool TryReadData(ref DerReader message)
    {
        var content = message.ReadAny(out var tag);
        if (message.Failed || tag is < 0xa0 or > 0xa8) return false;
        Type = tag - 0xa0;
        var data = new DerReader(content);
        if (Type == 4)
        {
            TrapObject = ObjectIdentifier.Text(data.Read(DerReader.ObjectIdentifier));
            TrapAddress = data.ReadAny(out _).ToArray();
            TrapType = data.ReadNumber();
            data.ReadNumber();
            data.ReadAny(out _);
        }
        else
        {
            data.ReadNumber();
            Error = data.ReadNumber();
            data.ReadNumber();
        }
        var list = data.Enter(DerReader.Sequence);
        if (data.Failed) return false;
        while (!list.IsEmpty && _variables.Count < MaxVariables)
        {
            var pair = list.Enter(DerReader.Sequence);
            var name = pair.Read(DerReader.ObjectIdentifier);
            if (list.Failed || pair.Failed) return false;
            _variables.Add(ObjectIdentifier.Text(name));
        }
        return !list.Failed;
    }
}
