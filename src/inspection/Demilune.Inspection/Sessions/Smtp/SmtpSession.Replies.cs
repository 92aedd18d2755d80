using Demilune.Wire.Lines;

namespace Demilune.Inspection.Sessions.Smtp;

internal sealed partial class SmtpSession
{
    /// <summary>What the server answers (RFC 5321 §4.2).</summary>
    private sealed class Replies(SmtpSession session)
    {
        private const int MaxLine = 4096;

        private readonly LineReader _lines = new(MaxLine);
        private bool _goesOn;

        /// <summary>The greeting has come.</summary>
        public bool HasGreeted { get; private set; }

        public void Begin()
        {
            _lines.Reset();
            (_goesOn, HasGreeted) = (false, false);
        }

        public void Feed(ReadOnlySpan<byte> bytes)
        {
            while (!session.HandsOver && _lines.TryRead(ref bytes, out var line)) Take(line);
        }

        private void Take(ReadOnlySpan<byte> line)
        {
            if (line.IsEmpty && _lines.IsBare) return;
            if (_lines.IsCut) session.Notice("smtp.TRUNCATED_LINE");
            if (!IsReply(line))
            {
                session.Notice("smtp.INVALID_REPLY");
                return;
            }
            _goesOn = line.Length > 3 && line[3] == '-';
            var code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + line[2] - '0';
            if (!session._commands.TryPeek(out var command))
            {
                if (HasGreeted) return;
                HasGreeted = !_goesOn;
                if (code != 220) session.Notice("smtp.INVALID_REPLY");
                return;
            }
            HasGreeted = true;
            if (_goesOn) return;
            session._commands.TryAnswer(out _);
            Answer(command, code);
        }

        private void Answer(SmtpCommand command, int code)
        {
            switch (command)
            {
                case SmtpCommand.Data when code != 354:
                    session._commands.RejectData();
                    session.Notice("smtp.DATA_COMMAND_REJECTED");
                    break;
                case SmtpCommand.Reset when code == 250:
                    session._mail.End(isComplete: false);
                    session.Finish();
                    break;
                case SmtpCommand.StartTls when code == 220:
                    session.HandsOver = session._detector.Scope.Flush(session._options);
                    session.Finish();
                    break;
                case SmtpCommand.StartTls:
                    session.Notice("smtp.TLS_REJECTED");
                    break;
            }
        }

        /// <summary>Codes from 200 to 559 exist (RFC 5321 §4.2.1).</summary>
        private static bool IsReply(ReadOnlySpan<byte> line) =>
            line.Length >= 3 && line[0] is >= (byte)'2' and <= (byte)'5' && line[1] is >= (byte)'0' and <= (byte)'5' && line[2] is >= (byte)'0' and <= (byte)'9';
    }
}
