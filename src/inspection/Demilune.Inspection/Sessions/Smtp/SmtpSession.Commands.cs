using System.Buffers.Text;
using Demilune.Rules.Buffers;
using Demilune.Wire.Lines;
using Demilune.Wire.Smtp;

namespace Demilune.Inspection.Sessions.Smtp;

internal sealed partial class SmtpSession
{
    /// <summary>What the client sends: commands, and mails between them.</summary>
    private sealed class Commands(SmtpSession session)
    {
        /// <summary>Bytes of a line. RFC 5321 §4.5.3.1.4 wants 512; extensions need more, and Suricata cuts here.</summary>
        private const int MaxLine = 4096;

        /// <summary>Commands without an answer. A client that goes on so far does not wait for any.</summary>
        private const int MaxUnanswered = 1024;

        private readonly LineReader _lines = new(MaxLine);
        private readonly SmtpContentReader _content = new();
        private readonly Queue<SmtpCommand> _unanswered = new();
        private bool _isData;
        private bool _hasToldWelcome;
        private long _chunkLeft;
        private bool _isLastChunk;

        public bool HasUnanswered => _unanswered.Count > 0;

        public void Begin()
        {
            _lines.Reset();
            _unanswered.Clear();
            (_isData, _hasToldWelcome, _chunkLeft, _isLastChunk) = (false, false, 0, false);
        }

        public void Feed(ReadOnlySpan<byte> bytes)
        {
            while (!bytes.IsEmpty && !session.HandsOver)
            {
                if (_chunkLeft > 0) TakeChunk(ref bytes);
                else if (_isData) TakeContent(ref bytes);
                else if (_lines.TryRead(ref bytes, out var line)) Take(line);
            }
        }

        /// <summary>A reply has come: to which command?</summary>
        public bool TryAnswer(out SmtpCommand command) => _unanswered.TryDequeue(out command);

        public bool TryPeek(out SmtpCommand command) => _unanswered.TryPeek(out command);

        /// <summary>The server does not want the mail: what follows are commands.</summary>
        public void RejectData()
        {
            if (!_isData) return;
            _isData = false;
            session._mail.End(isComplete: false);
            session._transaction.HasData = false;
        }

        private void Take(ReadOnlySpan<byte> line)
        {
            var command = SmtpCommands.Of(line);
            // A reset belongs to the mail that it gives up, and a farewell to it too; behind a mail that was sent another one begins.
            var isOpened = !session._hasTransaction || session._transaction is { IsDone: true, Mail.Status: MailStatus.Done };
            if (command is not (SmtpCommand.Reset or SmtpCommand.Quit) || isOpened) session.Open();
            var transaction = session._transaction;
            if (!session._replies.HasGreeted && !_hasToldWelcome)
            {
                _hasToldWelcome = true;
                session.Notice("smtp.NO_SERVER_WELCOME_MESSAGE");
            }
            if (_lines.IsCut) session.Notice("smtp.TRUNCATED_LINE");
            switch (command)
            {
                case SmtpCommand.Hello:
                    if (transaction.Hello.Length > 0) session.Notice("smtp.DUPLICATE_FIELDS");
                    else session.Offer(BufferId.SmtpHelo, transaction.Hello = SmtpCommands.Parameter(line, 4).ToArray());
                    break;
                case SmtpCommand.MailFrom:
                    if (transaction.From is not null) session.Notice("smtp.DUPLICATE_FIELDS");
                    else session.Offer(BufferId.SmtpMailFrom, transaction.From = SmtpCommands.Parameter(line, 9).ToArray());
                    break;
                case SmtpCommand.RcptTo when transaction.Receivers.Count < SmtpTransaction.MaxReceivers:
                    transaction.Receivers.Add(SmtpCommands.Parameter(line, 7).ToArray());
                    session.Offer(BufferId.SmtpRcptTo, transaction.Receivers[^1]);
                    break;
                case SmtpCommand.Data:
                    BeginData();
                    break;
                case SmtpCommand.Bdat:
                    BeginChunk(line);
                    break;
            }
            Expect(command);
        }

        private void Expect(SmtpCommand command)
        {
            if (_unanswered.Count > 0 && Last is SmtpCommand.StartTls or SmtpCommand.Data && command != SmtpCommand.EndOfData) session.Notice("smtp.INVALID_PIPELINED_SEQUENCE");
            if (_unanswered.Count == MaxUnanswered) _unanswered.Clear();
            _unanswered.Enqueue(command);
            Last = command;
        }

        private SmtpCommand Last { get; set; }

        /// <summary>At once, and not when the server agrees: what a client sends without waiting must be judged as what it is.</summary>
        private void BeginData()
        {
            if (session._transaction.HasData)
            {
                session.Notice("smtp.UNPARSABLE_CONTENT");
                return;
            }
            session._transaction.HasData = true;
            _isData = true;
            _content.Begin();
            session._mail.Begin(session._transaction);
        }

        private void TakeContent(ref ReadOnlySpan<byte> bytes)
        {
            var isOver = _content.TryEnd(ref bytes, out var content);
            session._mail.Feed(content);
            if (!isOver) return;
            _isData = false;
            if (_content.IsEndAmbiguous) session.Notice("smtp.ambiguous_end_of_data", isAmbiguous: true);
            Expect(SmtpCommand.EndOfData);
            session._mail.End(isComplete: true);
            session.Finish();
        }

        /// <summary>RFC 3030: so many bytes of the mail follow, whatever they are.</summary>
        private void BeginChunk(ReadOnlySpan<byte> line)
        {
            var parameter = SmtpCommands.Parameter(line, 4);
            if (!Utf8Parser.TryParse(parameter, out uint length, out _)) return;
            var rest = line[(line.IndexOf(parameter) + parameter.Length)..].Trim((byte)' ');
            _isLastChunk = rest.Length >= 4 && System.Text.Ascii.EqualsIgnoreCase(rest[..4], "last"u8);
            _chunkLeft = length;
            session._transaction.HasData = true;
            if (!session._mail.IsActive) session._mail.Begin(session._transaction);
            if (length == 0) EndChunk();
        }

        private void TakeChunk(ref ReadOnlySpan<byte> bytes)
        {
            var piece = bytes[..(int)Math.Min(bytes.Length, _chunkLeft)];
            bytes = bytes[piece.Length..];
            _chunkLeft -= piece.Length;
            session._mail.Feed(piece);
            if (_chunkLeft == 0) EndChunk();
        }

        private void EndChunk()
        {
            if (!_isLastChunk) return;
            _isLastChunk = false;
            session._mail.End(isComplete: true);
            session.Finish();
        }
    }
}
