using System.Buffers.Binary;
using System.Text;

namespace Demilune.Wire.Quic;

/// <summary>A handshake message of Google's QUIC: names of four letters with values.</summary>
public sealed class GoogleTags
{
    /// <summary>A client sends about 25.</summary>
    private const int MaxTags = 128;

    private static readonly HashSet<string> s_known =
    [
        "AEAD", "CCRT", "CCS", "CETV", "CFCW", "CHLO", "COPT", "CSCT", "CTIM", "ICSL", "IRTT", "KEXS", "MIDS", "MSPC", "NONC", "NONP", "PAD", "PDMD", "PUBS",
        "SCID", "SCLS", "SFCW", "SMHL", "SNI", "SNO", "STK", "TCID", "UAID", "VER", "XLCT",
    ];

    private readonly List<string> _names = [];

    public IReadOnlyList<string> Names => _names;
    public byte[] ServerName { get; private set; } = [];
    public byte[] UserAgent { get; private set; } = [];

    public void Clear()
    {
        _names.Clear();
        ServerName = UserAgent = [];
    }

    /// <returns>False if this is no such message; nothing is kept of it then.</returns>
    public bool TryRead(ReadOnlySpan<byte> message)
    {
        Clear();
        var reader = new WireReader(message);
        if (!s_known.Contains(Name(reader.Take(4)))) return false;
        var count = reader.Take(2);
        if (reader.Failed) return false;
        var tags = BinaryPrimitives.ReadUInt16LittleEndian(count);
        reader.Take(2);
        if (tags > MaxTags) return false;
        var table = new WireReader(reader.Take(tags * 8));
        if (reader.Failed) return false;
        uint end = 0;
        for (var i = 0; i < tags; i++)
        {
            var name = Name(table.Take(4));
            var next = BinaryPrimitives.ReadUInt32LittleEndian(table.Take(4));
            var value = reader.Take(next < end ? -1 : (int)Math.Min(next - end, int.MaxValue));
            if (reader.Failed || !s_known.Contains(name))
            {
                Clear();
                return false;
            }
            end = next;
            _names.Add(name);
            if (name == "SNI") ServerName = value.ToArray();
            else if (name == "UAID") UserAgent = value.ToArray();
        }
        return true;
    }

    private static string Name(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes.TrimEnd((byte)0));
}
