namespace Demilune.Wire.Smtp;

/// <summary>What a client sends after DATA: lines up to one that is only a dot; a line that begins with a dot has lost one (RFC 5321 §4.5.2).</summary>
public sealed class SmtpContentReader
{
    private State _state;
    private bool _isBare;

    private enum State : byte { LineStart, Dot, DotCr, Text, TextCr }

    /// <summary>
    /// The last line was ended, or followed, by a line feed alone: one server ends the message there and another does not, so that what follows may be
    /// a second mail to one of them.
    /// </summary>
    public bool IsEndAmbiguous { get; private set; }

    public void Begin() => (_state, _isBare, IsEndAmbiguous) = (State.LineStart, false, false);

    /// <summary>Takes some of the message.</summary>
    /// <param name="bytes">What has come; what is left of it is behind the message.</param>
    /// <param name="content">A piece of the message; may be empty.</param>
    /// <returns>True: the message is over.</returns>
    public bool TryEnd(ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> content)
    {
        content = default;
        while (!bytes.IsEmpty)
        {
            switch (_state)
            {
                case State.LineStart when bytes[0] == '.':
                    _state = State.Dot;
                    bytes = bytes[1..];
                    continue;
                case State.LineStart:
                    _state = State.Text;
                    continue;
                case State.Dot when bytes[0] == '\r':
                    _state = State.DotCr;
                    bytes = bytes[1..];
                    continue;
                case State.Dot when bytes[0] == '\n':
                    IsEndAmbiguous = true;
                    bytes = bytes[1..];
                    return true;
                case State.Dot:
                    _state = State.Text;        // the dot was put there by the client
                    continue;
                case State.DotCr when bytes[0] == '\n':
                    IsEndAmbiguous = _isBare;
                    bytes = bytes[1..];
                    return true;
                case State.DotCr:
                    _state = State.Text;
                    content = "\r"u8;
                    return false;
                default:
                    var end = bytes.IndexOf((byte)'\n');
                    content = end < 0 ? bytes : bytes[..(end + 1)];
                    bytes = bytes[content.Length..];
                    var hadCr = _state == State.TextCr;
                    if (end < 0)
                    {
                        _state = content[^1] == '\r' ? State.TextCr : State.Text;
                    }
                    else
                    {
                        _isBare = !(content.Length > 1 ? content[^2] == '\r' : hadCr);
                        _state = State.LineStart;
                    }
                    return false;
            }
        }
        return false;
    }
}
