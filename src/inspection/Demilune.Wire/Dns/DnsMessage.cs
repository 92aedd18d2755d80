using System.Buffers.Binary;

namespace Demilune.Wire.Dns;

/// <summary>A DNS message (RFC 1035 §4.1), whole and in its own memory; used again for the next one. What follows the authority section is not read.</summary>
public sealed class DnsMessage
{
    public const int HeaderLength = 12;

    /// <summary>Longest message: its length over TCP has 16 bits.</summary>
    public const int MaxLength = ushort.MaxValue;

    /// <summary>Records of all sections that are read: a zone transfer's message has some hundreds, and each costs a name of up to 253 bytes.</summary>
    private const int MaxRecords = 512;

    private readonly List<DnsRecord> _questions = [];
    private readonly List<DnsRecord> _answers = [];
    private readonly List<DnsRecord> _authorities = [];
    private byte[] _bytes = new byte[512];
    private byte[] _names = new byte[1024];
    private int _length;
    private int _used;

    public ushort Id => BinaryPrimitives.ReadUInt16BigEndian(_bytes);

    /// <summary>QR, opcode, AA, TC, RD, RA, Z and rcode, from bit 15 down.</summary>
    public ushort Flags => BinaryPrimitives.ReadUInt16BigEndian(_bytes.AsSpan(2));
    public bool IsResponse => (Flags & 0x8000) != 0;
    public int Opcode => Flags >> 11 & 0xf;
    public int ResponseCode => Flags & 0xf;

    public IReadOnlyList<DnsRecord> Questions => _questions;
    public IReadOnlyList<DnsRecord> Answers => _answers;
    public IReadOnlyList<DnsRecord> Authorities => _authorities;

    /// <summary>With dots between labels and none at the end; the root is empty. A label's bytes are as they came.</summary>
    public ReadOnlySpan<byte> Name(DnsRecord record) => _names.AsSpan(record.NameStart, record.NameLength);

    public ReadOnlySpan<byte> Data(DnsRecord record) => _bytes.AsSpan(record.DataStart, record.DataLength);

    /// <summary>Reads a name that a record's data holds.</summary>
    /// <param name="record">Whose data.</param>
    /// <param name="offset">Where in its data; afterwards, behind the name.</param>
    /// <param name="destination">At least <see cref="DnsName.MaxLength"/> bytes.</param>
    /// <param name="length">Bytes written.</param>
    public bool TryReadName(DnsRecord record, ref int offset, Span<byte> destination, out int length)
    {
        length = 0;
        if (offset >= record.DataLength) return false;
        var position = record.DataStart + offset;
        if (!DnsName.TryRead(_bytes.AsSpan(0, _length), ref position, destination, out length)) return false;
        offset = position - record.DataStart;
        return offset <= record.DataLength;
    }

    /// <returns>False if this is no DNS message, or a broken one; what was read until then is kept.</returns>
    public bool TryRead(ReadOnlySpan<byte> message)
    {
        _questions.Clear();
        _answers.Clear();
        _authorities.Clear();
        (_length, _used) = (0, 0);
        if (message.Length is < HeaderLength or > MaxLength) return false;
        if (_bytes.Length < message.Length) _bytes = new byte[message.Length];
        message.CopyTo(_bytes);
        _length = message.Length;
        var offset = HeaderLength;
        return TryReadSection(4, _questions, ref offset) && TryReadSection(6, _answers, ref offset) && TryReadSection(8, _authorities, ref offset);
    }

    private bool TryReadSection(int countAt, List<DnsRecord> records, ref int offset)
    {
        var isQuestion = countAt == 4;
        for (int count = BinaryPrimitives.ReadUInt16BigEndian(_bytes.AsSpan(countAt)); count > 0; count--)
        {
            if (_questions.Count + _answers.Count + _authorities.Count == MaxRecords) return false;
            if (_names.Length < _used + DnsName.MaxLength) Array.Resize(ref _names, _names.Length * 2);
            if (!DnsName.TryRead(_bytes.AsSpan(0, _length), ref offset, _names.AsSpan(_used), out var nameLength)) return false;
            var fixedLength = isQuestion ? 4 : 10;
            if (_length - offset < fixedLength) return false;
            var part = _bytes.AsSpan(offset);
            var dataLength = isQuestion ? 0 : BinaryPrimitives.ReadUInt16BigEndian(part[8..]);
            offset += fixedLength;
            if (_length - offset < dataLength) return false;
            records.Add(new(_used, nameLength, (DnsType)BinaryPrimitives.ReadUInt16BigEndian(part), BinaryPrimitives.ReadUInt16BigEndian(part[2..]),
                isQuestion ? 0 : BinaryPrimitives.ReadUInt32BigEndian(part[4..]), offset, dataLength));
            _used += nameLength;
            offset += dataLength;
        }
        return true;
    }
}

/// <summary>A question or a resource record. Name and data lie in the message.</summary>
/// <param name="NameStart">In the message's names.</param>
/// <param name="NameLength">Bytes.</param>
/// <param name="Type">Of data.</param>
/// <param name="Class">1 is the Internet.</param>
/// <param name="Ttl">Seconds; 0 of a question.</param>
/// <param name="DataStart">In the message.</param>
/// <param name="DataLength">0 of a question.</param>
public readonly record struct DnsRecord(int NameStart, int NameLength, DnsType Type, ushort Class, uint Ttl, int DataStart, int DataLength);
