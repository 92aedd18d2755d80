using System.Buffers.Binary;

namespace Demilune.Wire.Kafka;

/// <summary>Reads the fields of a request one after another ("Protocol Primitive Types"). The first that is cut or makes no sense fails it for good; each takes at least one byte.</summary>
internal ref struct KafkaFields(ReadOnlySpan<byte> message)
{
    private readonly ReadOnlySpan<byte> _message = message;

    public int At { get; set; }

    /// <summary>Lengths are written short, and tagged fields may follow.</summary>
    public bool IsFlexible { get; set; }

    public bool HasFailed { get; private set; }

    public short Int16()
    {
        var start = At;
        Skip(2);
        return HasFailed ? (short)0 : BinaryPrimitives.ReadInt16BigEndian(_message[start..]);
    }

    /// <summary>Elements of an array; -1: there is none.</summary>
    public int Count()
    {
        var count = IsFlexible ? (long)Varint() - 1 : Int32();
        // No element has less than a byte.
        if (count > _message.Length - At) HasFailed = true;
        return HasFailed ? 0 : (int)Math.Max(-1, count);
    }

    public (int Start, int Length) String() => Take(IsFlexible ? (long)Varint() - 1 : Int16());

    public (int Start, int Length) Bytes() => Take(IsFlexible ? (long)Varint() - 1 : Int32());

    /// <summary>Fields that were added later, each with its length.</summary>
    public void Tags()
    {
        if (!IsFlexible) return;
        for (var count = Varint(); count > 0 && !HasFailed; count--)
        {
            Varint();
            Take((long)Varint());
        }
    }

    public void Skip(long count)
    {
        if (HasFailed || count > _message.Length - At) HasFailed = true;
        else At += (int)count;
    }

    private (int Start, int Length) Take(long length)
    {
        if (length < 0) return default;
        var start = At;
        Skip(length);
        return HasFailed ? default : (start, (int)length);
    }

    private int Int32()
    {
        var start = At;
        Skip(4);
        return HasFailed ? 0 : BinaryPrimitives.ReadInt32BigEndian(_message[start..]);
    }

    private uint Varint()
    {
        uint value = 0;
        for (var shift = 0; shift < 35; shift += 7)
        {
            var start = At;
            Skip(1);
            if (HasFailed) return 0;
            value |= (uint)(_message[start] & 0x7f) << shift;
            if (_message[start] < 0x80) return value;
        }
        HasFailed = true;
        return 0;
    }
}
