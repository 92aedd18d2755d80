using System.Buffers.Text;

namespace Demilune.Wire.Redis;

/// <summary>
/// Cuts one direction of Redis' protocol (RESP 2 and 3) into commands or replies, however the bytes are cut. Of each the beginning is held, the rest goes by.
/// </summary>
/// <param name="isClient">Whose direction: a client's commands are arrays of strings, or lines.</param>
public sealed class RespReader(bool isClient)
{
    /// <summary>Of a larger command or reply (a string may have 512 MB) this much is held.</summary>
    private const int MaxHeld = 64 << 10;

    /// <summary>Values that are held; the rest of an array of a million goes by.</summary>
    private const int MaxElements = 1024;

    /// <summary>Arrays within arrays. Replies of Redis' own nest 5 deep, clients give up at 9.</summary>
    private const int MaxDepth = 16;

    /// <summary>Redis' own limits for clients: values of a command, bytes of a string (<c>proto-max-bulk-len</c>), a line that says how many.</summary>
    private const long MaxCount = 1 << 20;
    private const long MaxBulk = 512L << 20;
    private const int MaxNumber = 32;

    private readonly List<RespElement> _elements = [];
    private readonly (long Left, bool IsAttribute)[] _open = new (long, bool)[MaxDepth];
    private byte[] _bytes = new byte[256];
    private int _held;
    private int _depth;
    private State _state;
    private RespType _type;
    private int _start;
    private long _length;
    private long _left;
    private bool _endsWithReturn;
    private bool _isGiven;

    private enum State : byte { Type, Line, Bulk, BulkEnd }

    /// <summary>What came is not of this protocol, or its reader would not agree on what it is; nothing is read behind it.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>The command's words, or the reply with all that it holds, in order; after <see cref="TryRead"/> said yes, until it is called again.</summary>
    public IReadOnlyList<RespElement> Elements => _elements;

    /// <summary>What is held of a value.</summary>
    public ReadOnlySpan<byte> this[RespElement element] => _bytes.AsSpan(element.Start, element.Length);

    public void Reset()
    {
        IsBroken = false;
        BeginMessage();
    }

    /// <summary>Takes bytes until a command or reply is complete.</summary>
    /// <param name="bytes">Afterwards, those that were not taken: call again until there are none.</param>
    public bool TryRead(ref ReadOnlySpan<byte> bytes)
    {
        if (_isGiven) BeginMessage();
        while (!bytes.IsEmpty && !IsBroken)
        {
            switch (_state)
            {
                case State.Type:
                    BeginValue(bytes[0]);
                    if (_type != 0) bytes = bytes[1..];
                    break;
                case State.Line:
                    var feed = bytes.IndexOf((byte)'\n');
                    var line = feed < 0 ? bytes : bytes[..feed];
                    Keep(line);
                    if (!line.IsEmpty) _endsWithReturn = line[^1] == '\r';
                    bytes = bytes[(feed < 0 ? line.Length : feed + 1)..];
                    IsBroken |= _length > (IsCounted ? MaxNumber : _type == 0 ? MaxHeld : long.MaxValue);
                    if (feed >= 0 && !IsBroken) EndLine();
                    break;
                case State.Bulk:
                    var piece = bytes[..(int)Math.Min(bytes.Length, _left)];
                    Keep(piece);
                    bytes = bytes[piece.Length..];
                    _left -= piece.Length;
                    if (_left == 0) (_state, _left) = (State.BulkEnd, 2);
                    break;
                case State.BulkEnd:
                    // A server skips these two without a look, others wait for them.
                    IsBroken = bytes[0] != (_left == 2 ? '\r' : '\n');
                    bytes = bytes[1..];
                    if (--_left == 0) EndValue(Add(_length));
                    break;
            }
            if (_isGiven) return true;
        }
        return false;
    }

    private bool IsCounted => _type is RespType.Bulk or RespType.BulkError or RespType.Verbatim or RespType.Array or RespType.Set or RespType.Map or RespType.Push or RespType.Attribute;

    private void BeginMessage()
    {
        _elements.Clear();
        (_held, _depth, _state, _isGiven) = (0, 0, State.Type, false);
    }

    private void BeginValue(byte first)
    {
        (_state, _start, _length, _endsWithReturn) = (State.Line, _held, 0, false);
        _type = (RespType)first;
        if (isClient)
        {
            // A line instead of an array is a command, too.
            if (_depth == 0 && _type != RespType.Array) _type = 0;
            else if (_depth > 0) IsBroken = _type != RespType.Bulk;
        }
        else
        {
            IsBroken = !Enum.IsDefined(_type);
        }
    }

    private void EndLine()
    {
        if (_type == 0)
        {
            EndInline();
            return;
        }
        if (!_endsWithReturn)
        {
            IsBroken = true;
            return;
        }
        _length--;
        _held = Math.Min(_held, _start + (int)Math.Min(_length, int.MaxValue));
        if (!IsCounted)
        {
            EndValue(Add(_type == RespType.Null ? -1 : _length));
            return;
        }
        var digits = _bytes.AsSpan(_start, _held - _start);
        // As Redis reads it: no sign but that of a null, no zeros before it.
        var isNumber = Utf8Parser.TryParse(digits, out long count, out var used) && used == digits.Length && digits is [(byte)'-', (byte)'1'] or [(byte)'0'] or [>= (byte)'1', ..];
        var isAggregate = _type is not (RespType.Bulk or RespType.BulkError or RespType.Verbatim);
        (_held, _length) = (_start, 0);
        if (!isNumber || count > (isAggregate ? MaxCount : MaxBulk) || (isClient && !isAggregate && count < 0)) IsBroken = true;
        else if (isAggregate) BeginAggregate(count);
        else if (count < 0) EndValue(Add(-1));
        else (_state, _left) = count == 0 ? (State.BulkEnd, 2) : (State.Bulk, count);
    }

    private void BeginAggregate(long count)
    {
        var element = isClient ? new RespElement(_type, _start, 0, count) : Add(count);
        var values = _type is RespType.Map or RespType.Attribute ? count * 2 : count;
        if (values <= 0)
        {
            if (_type == RespType.Attribute) _state = State.Type;
            else EndValue(element);
            return;
        }
        if (_depth == MaxDepth)
        {
            IsBroken = true;
            return;
        }
        _open[_depth++] = (values, _type == RespType.Attribute);
        _state = State.Type;
    }

    private void EndInline()
    {
        var line = _bytes.AsSpan(_start, _held - _start);
        if (_endsWithReturn && !line.IsEmpty) line = line[..^1];
        IsBroken = !InlineCommand.TrySplit(line, _elements, MaxElements);
        if (_elements.Count == 0) BeginMessage();       // an empty line is nothing
        else _isGiven = true;
    }

    private RespElement Add(long count)
    {
        var element = new RespElement(_type, _start, _held - _start, count);
        if (_elements.Count < MaxElements) _elements.Add(element);
        else _held = _start;
        return element;
    }

    /// <summary>A value is complete, and perhaps those that it is the last of.</summary>
    private void EndValue(RespElement element)
    {
        _state = State.Type;
        while (_depth > 0)
        {
            ref var open = ref _open[_depth - 1];
            if (--open.Left > 0) return;
            _depth--;
            if (open.IsAttribute) return;       // the value that it is about is still to come
        }
        // A client's array without values is no command.
        if (isClient && element.IsAggregate) BeginMessage();
        else _isGiven = true;
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        _length += bytes.Length;
        // Where no value has room any more, the numbers between them still need some.
        var room = (_state == State.Line && IsCounted ? MaxHeld + MaxNumber : MaxHeld) - _held;
        bytes = bytes[..Math.Min(bytes.Length, Math.Max(0, room))];
        if (_bytes.Length < _held + bytes.Length) Array.Resize(ref _bytes, Math.Max(_held + bytes.Length, _bytes.Length * 2));
        bytes.CopyTo(_bytes.AsSpan(_held));
        _held += bytes.Length;
    }
}
