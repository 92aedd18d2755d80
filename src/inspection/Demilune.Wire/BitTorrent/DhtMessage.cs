namespace Demilune.Wire.BitTorrent;

/// <summary>A message of BitTorrent's DHT (BEP 5), taken apart. Used again for the next one; what was read of a broken one is kept.</summary>
public sealed class DhtMessage
{
    /// <summary>Peers and nodes that are kept: a message tells of eight nodes, rarely of fifty peers.</summary>
    private const int MaxPeers = 256;

    private readonly List<byte[]> _values = [];

    public byte[] Transaction { get; private set; } = [];
    public byte[]? Client { get; private set; }
    public byte[]? Query { get; private set; }

    /// <summary>Of a query or an answer; null if there is none.</summary>
    public byte[]? Id { get; private set; }
    public bool IsAnswer { get; private set; }
    public byte[]? Target { get; private set; }
    public byte[]? InfoHash { get; private set; }
    public byte[]? Token { get; private set; }
    public long? Port { get; private set; }
    public long? ImpliedPort { get; private set; }
    public byte[]? Nodes { get; private set; }
    public byte[]? Nodes6 { get; private set; }

    /// <summary>Address and port of each peer.</summary>
    public IReadOnlyList<byte[]> Values => _values;
    public long? ErrorNumber { get; private set; }
    public byte[]? ErrorText { get; private set; }

    /// <summary>Whether a datagram begins as such a message does.</summary>
    public static bool IsLikely(ReadOnlySpan<byte> datagram) =>
        datagram.StartsWith("d1:ad2:id20:"u8) || datagram.StartsWith("d1:rd2:id20:"u8) || datagram.StartsWith("d2:ip"u8) || datagram.StartsWith("d1:eli20"u8);

    /// <returns>False if it is broken.</returns>
    public bool TryRead(ReadOnlySpan<byte> datagram)
    {
        _values.Clear();
        (Transaction, Client, Query, Id, IsAnswer, Target, InfoHash, Token) = ([], null, null, null, false, null, null, null);
        (Port, ImpliedPort, Nodes, Nodes6, ErrorNumber, ErrorText) = (null, null, null, null, null, null);
        var reader = new BencodeReader(datagram);
        if (!reader.TryTake('d')) return false;
        byte[] type = [];
        while (!reader.Failed && !reader.TryTake('e'))
        {
            var key = reader.ReadString();
            switch (key)
            {
                case [(byte)'a']: ReadFields(ref reader); break;
                case [(byte)'r']:
                    IsAnswer = true;
                    ReadFields(ref reader);
                    break;
                case [(byte)'e']: ReadError(ref reader); break;
                case [(byte)'q']: Query = reader.ReadString().ToArray(); break;
                case [(byte)'t']: Transaction = reader.ReadString().ToArray(); break;
                case [(byte)'v']: Client = reader.ReadString().ToArray(); break;
                case [(byte)'y']: type = reader.ReadString().ToArray(); break;
                default: reader.Skip(); break;
            }
        }
        return !reader.Failed && Transaction.Length > 0 && type is [(byte)'q'] or [(byte)'r'] or [(byte)'e'];
    }

    private void ReadFields(ref BencodeReader reader)
    {
        if (!reader.TryTake('d')) reader.Skip();
        while (!reader.Failed && !reader.TryTake('e'))
        {
            var key = reader.ReadString();
            if (key.SequenceEqual("id"u8)) Id = reader.ReadString().ToArray();
            else if (key.SequenceEqual("target"u8)) Target = reader.ReadString().ToArray();
            else if (key.SequenceEqual("info_hash"u8)) InfoHash = reader.ReadString().ToArray();
            else if (key.SequenceEqual("token"u8)) Token = reader.ReadString().ToArray();
            else if (key.SequenceEqual("port"u8)) Port = reader.ReadNumber();
            else if (key.SequenceEqual("implied_port"u8)) ImpliedPort = reader.ReadNumber();
            else if (key.SequenceEqual("nodes"u8)) Nodes = reader.ReadString().ToArray();
            else if (key.SequenceEqual("nodes6"u8)) Nodes6 = reader.ReadString().ToArray();
            else if (key.SequenceEqual("values"u8) && reader.Next == 'l') ReadValues(ref reader);
            else reader.Skip();
        }
    }

    private void ReadValues(ref BencodeReader reader)
    {
        reader.TryTake('l');
        while (!reader.Failed && !reader.TryTake('e'))
        {
            var value = reader.ReadString();
            if (_values.Count < MaxPeers && value.Length is 6 or 18) _values.Add(value.ToArray());
        }
    }

    private void ReadError(ref BencodeReader reader)
    {
        if (!reader.TryTake('l')) return;
        ErrorNumber = reader.ReadNumber();
        ErrorText = reader.ReadString().ToArray();
        while (!reader.Failed && !reader.TryTake('e')) reader.Skip();
    }
}
