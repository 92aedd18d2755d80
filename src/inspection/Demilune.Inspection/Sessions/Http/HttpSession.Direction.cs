using System.Text;
using Demilune.Inspection.Access;
using Demilune.Inspection.Detection;
using Demilune.Inspection.Events;
using Demilune.Inspection.Files;
using Demilune.Rules.Buffers;
using Demilune.Rules.Headers;
using Demilune.Wire.Content;
using Demilune.Wire.Http1;

namespace Demilune.Inspection.Sessions.Http;

internal sealed partial class HttpSession
{
    /// <summary>What one direction's parser tells.</summary>
    private sealed class Direction(HttpSession session, Side side) : IHttp1Events, IContentSink
    {
        private static readonly BufferId[] s_ofRequest =
        [
            BufferId.HttpMethod, BufferId.HttpUri, BufferId.HttpUriRaw, BufferId.HttpProtocol, BufferId.HttpRequestLine, BufferId.HttpHost,
            BufferId.HttpHostRaw, BufferId.HttpUserAgent, BufferId.HttpReferer, BufferId.HttpCookie, BufferId.HttpAccept, BufferId.HttpAcceptEnc,
            BufferId.HttpAcceptLang, BufferId.HttpConnection, BufferId.HttpContentLen, BufferId.HttpContentType, BufferId.HttpHeader,
            BufferId.HttpHeaderRaw, BufferId.HttpHeaderNames, BufferId.HttpStart, BufferId.HttpRequestHeader,
        ];

        private static readonly BufferId[] s_ofResponse =
        [
            BufferId.HttpProtocol, BufferId.HttpResponseLine, BufferId.HttpStatCode, BufferId.HttpStatMsg, BufferId.HttpServer, BufferId.HttpLocation,
            BufferId.HttpCookie, BufferId.HttpConnection, BufferId.HttpContentLen, BufferId.HttpContentType, BufferId.HttpHeader,
            BufferId.HttpHeaderRaw, BufferId.HttpHeaderNames, BufferId.HttpStart, BufferId.HttpResponseHeader,
        ];

        private HttpTransaction? _transaction;
        private readonly HttpForm _form = new(session._files);
        private readonly DnsOverHttp _dns = new(session._options, session._detector);
        private readonly OpenFrame _frame = new(session._options, session._pool, session._detector);
        private ContentDecoder? _decoder;
        private IReadOnlyList<string> _flags = [];
        private bool _hasEnded;

        public Http1Parser Parser { get; } = new(side == Side.Client, Http1Limits.Default with { JoinsTrailing = session._options.Streams is not null, MaxLine = session._options.Streams is null ? int.MaxValue : MaxLine });

        /// <summary>Captures: what Suricata lets a line of a head have.</summary>
        private const int MaxLine = 18_000;

        public HttpMessage? Message => _transaction is null ? null : side == Side.Client ? _transaction.Request : _transaction.Response;

        public void Begin() => Parser.Reset();

        /// <returns>How many were taken; not all where what follows is not HTTP any more.</returns>
        public int Deliver(ReadOnlySpan<byte> bytes)
        {
            var type = side == Side.Client ? FrameType.Http1Request : FrameType.Http1Response;
            var isTold = session._detector.Wants(type);
            var taken = 0;
            while (taken < bytes.Length)
            {
                if (isTold && !_frame.IsOpen && !Parser.IsTunnel) _frame.Begin(type, taken);
                var used = Parser.FeedSome(bytes[taken..], this);
                if (isTold) _frame.Take(bytes.Slice(taken, used), _transaction);
                taken += used;
                if (isTold) EndFrame();
                if (Parser.IsTunnel) break;
            }
            return taken;
        }

        /// <summary>Bytes are missing.</summary>
        public void Skip(long count)
        {
            _frame.Skip(count);
            Parser.Skip(count, this);
            EndFrame();
        }

        /// <summary>Frames end after the bytes that end their messages.</summary>
        private void EndFrame()
        {
            if (_hasEnded) _frame.End(_transaction);
            _hasEnded = false;
        }

        public void Close()
        {
            Parser.Close(this);
            _frame.End(_transaction);
        }

        public void Clear()
        {
            Leave();
            _frame.Clear();
            _hasEnded = false;
        }

        private void Leave()
        {
            _flags = [];
            _transaction = null;
            _form.Clear();
            _dns.Clear();
            EndDecoding();
        }

        public void Forget(HttpTransaction transaction)
        {
            if (_transaction == transaction) Leave();
        }

        public void Head(Http1Head head)
        {
            if (side == Side.Client) BeginRequest(head);
            else BeginResponse(head);
            if (Message is not { } message) return;
            var oddities = message.Load(head, session._rules);
            if (oddities != UriOddities.None) TellOddities(oddities);
            if (session._options.Streams is not null && session._details is null) TellOfHead(head);
            var detector = session._detector;
            foreach (var id in side == Side.Client ? s_ofRequest : s_ofResponse)
            {
                if (!session._rules.Inspects(id, side.Direction())) continue;
                for (var instance = 0; message.TryGet(id, instance, default, out var view); instance++) detector.Offer(id, view.Bytes);
            }
            detector.Keep(message.Pending, long.MaxValue);
            Evaluate(message, default, 0);
            detector.Settle(message.Pending);
            if (side == Side.Client) Ask(head);
            if (side == Side.Client) _dns.Look(message[BufferId.HttpUri], _transaction!.Number);
            _dns.Begin(head.Value("content-type"u8));
            if (head.Framing is Http1Framing.None or Http1Framing.Tunnel) return;
            var encoding = head.List("content-encoding"u8);
            if (!encoding.IsEmpty) BeginDecoding(encoding);
            if (side == Side.Client && _transaction is { } transaction) _form.TryBegin(head.Value("content-type"u8), transaction);
        }

        public void Body(ReadOnlySpan<byte> bytes)
        {
            if (Message is not { } message) return;
            message.WireLength += bytes.Length;
            if (_decoder is null) Content(bytes);
            else _decoder.Feed(bytes, this);
        }

        /// <summary>What goes over the wire is counted whole, as Suricata does.</summary>
        public void Framing(int count)
        {
            if (Message is { } message) message.WireLength += count;
        }

        public void Gap(long count)
        {
            if (Message is not { } message || _transaction is not { } transaction) return;
            message.WireLength += count;
            EndDecoding();      // what follows cannot be decoded without what is missing
            if (_form.IsActive) return;
            message.Body.Tail = default;
            message.File ??= OpenFile(message, transaction);
            message.File.Skip(count);
        }

        private TrackedFile OpenFile(HttpMessage message, HttpTransaction transaction)
        {
            var file = session._files.Open(side, message.FileName.IsEmpty ? transaction.Path() : message.FileName, message, message.Pending, transaction, message.Body);
            if (!ContentRange.TryParse(message.ContentRange, out var range) || range.Size < 0 || range.End - range.Start + 1 == range.Size) return file;
            file.Range = (range.Start, range.End);
            var scope = session._detector.Scope;
            if (session._options.Streams is not null) message.Whole = scope.Joins.Find(transaction.Request[BufferId.HttpHost], file.Name, range.Size, scope.Now);
            return file;
        }

        /// <summary>Some of the body as an application will see it.</summary>
        public void Content(ReadOnlySpan<byte> bytes)
        {
            if (Message is not { } message || bytes.IsEmpty) return;
            if (_dns.IsOpen) _dns.Take(bytes);
            var limit = session.IsExchange ? 0 : side == Side.Client ? session._options.Http.RequestBodyLimit : session._options.Http.ResponseBodyLimit;
            if (limit > 0 && message.Body.Total >= limit)
            {
                CloseFile(message, isCut: true);
                return;
            }
            if (limit > 0) bytes = bytes[..(int)Math.Min(bytes.Length, limit - message.Body.Total)];
            var window = message.Body;
            var start = window.Total;
            window.Begin(bytes);
            var detector = session._detector;
            detector.Offer(side == Side.Client ? BufferId.HttpRequestBody : BufferId.HttpResponseBody, ref window.Tail, bytes);
            if (!_form.IsActive && _transaction is { } transaction)
            {
                message.File ??= OpenFile(message, transaction);
                message.Whole?.Add(message.File.Range.Start + message.File.Size, bytes);
                session._files.Take(message.File, bytes);
            }
            detector.Keep(message.Pending, window.Total + InspectionWindow.Overlap);
            Evaluate(message, bytes, start);
            window.End(bytes);
            if (_form.IsActive) _form.Feed(bytes);
        }

        public void End()
        {
            _hasEnded = true;
            EndDecoding();
            if (_transaction is not { } transaction || Message is not { } message) return;
            if (side == Side.Server && message.StatusCode is >= 100 and < 200 and not 101)
            {
                CloseFile(message);     // a body that should not be there
                return;
            }
            if (side == Side.Client) TellFlags();
            _flags = [];
            message.IsComplete = message.Body.IsComplete = true;
            session._detector.Completed(side);
            _form.End(!Parser.IsTruncated);
            Evaluate(message, default, 0);
            _dns.End(side, transaction.Number);
            CloseFile(message);
            if (Parser.IsTunnel)
            {
                session._request.Parser.BecomeTunnel();
                session._detector.Scope.Flush(session._options);
            }
            // A server may answer before it has read the request: what is still to come of it must be judged nevertheless.
            if (side == Side.Server) _transaction = null;
            var other = side == Side.Client ? transaction.Response : transaction.Request;
            if (other.IsComplete || (side == Side.Server && !other.HasHead)) session.Finish(transaction);
        }

        private void CloseFile(HttpMessage message, bool isCut = false)
        {
            if (message.File is not { } file) return;
            message.File = null;
            var name = message.Whole is null ? [] : file.Name.ToArray();
            session._files.Close(file, isCut || Parser.IsTruncated || session._isCut ? FileState.Truncated : FileState.Closed);
            if (message.Whole is { IsWhole: true } whole) TellWhole(whole, name, message);
            message.Whole = null;
        }

        /// <summary>With its last part the whole of a file has come: it is one of the same transaction.</summary>
        private void TellWhole(FileJoins.Join whole, byte[] name, HttpMessage message)
        {
            session._detector.Scope.Joins.Forget(whole);
            if (_transaction is not { } transaction) return;
            var file = session._files.Open(side, name, message, message.Pending, transaction);
            session._files.Append(file, whole.Bytes);
            session._files.Close(file, FileState.Closed);
        }

        public void Anomaly(Http1Anomaly anomaly)
        {
            var isRequest = side == Side.Client;
            if ((session._options.Streams is null ? HttpEvents.Of(anomaly, isRequest) : HttpEvents.InCapture(anomaly, isRequest)) is { } name)
                Notice(name, isRequest && anomaly.IsAmbiguous());
        }

        private void Notice(string name, bool isAmbiguous = false) => session._detector.Notice(name, _transaction, Message, Message?.Pending, isAmbiguous);

        /// <summary>Captures: what Suricata notices.</summary>
        private void TellOfHead(Http1Head head)
        {
            if (side == Side.Client)
            {
                foreach (var name in LibhtpHead.OfRequest(head)) Notice(name);
                _flags = LibhtpHead.FlagsOfRequest(head);
                // A host that is wrong in the target is looked at by itself, trailers are looked at like the head.
                if (_flags.Contains("http.REQUEST_URI_HOST_INVALID")) Notice("http.REQUEST_URI_HOST_INVALID");
                TellFlags();
                if (head.Framing == Http1Framing.Chunked) TellFlags();
                // A body whose length nobody knows ends the reading of this side.
                else if (_flags.Any(static name => name.StartsWith("http.INVALID_", StringComparison.Ordinal))) _flags = [];
                return;
            }
            var hasBody = head.Framing is not (Http1Framing.None or Http1Framing.Tunnel);
            foreach (var name in LibhtpHead.OfResponse(head, hasBody)) Notice(name);
            foreach (var name in LibhtpHead.OfCodings(head, session._options.Http.MaxCodings)) Notice(name);
            if (head.StatusCode == 100 && _transaction is { } transaction && transaction.Continues++ > 0) Notice("http.100_CONTINUE_ALREADY_SEEN");
        }

        private void TellFlags()
        {
            foreach (var name in _flags) Notice(name);
        }

        public Http1RequestKind Answered() => session._open.TryPeek(out var transaction) ? transaction.Kind : Http1RequestKind.Ordinary;

        void IContentSink.Failed(ContentFailure failure) => Anomaly(failure switch
        {
            ContentFailure.Bomb => Http1Anomaly.DecompressionBomb,
            ContentFailure.TooManyCodings => Http1Anomaly.TooManyContentEncodings,
            ContentFailure.UnknownCoding => Http1Anomaly.UnknownContentEncoding,
            _ => Http1Anomaly.InvalidContentEncoding,
        });

        private void Ask(Http1Head head)
        {
            foreach (var (member, access) in session._detector.AccessLists)
            {
                if (access.Admits(head, session.IsExchange)) continue;
                // While an earlier request waits for its answer, ours would be taken for that.
                ReadOnlyMemory<byte> answer = session.IsExchange ? session.AnswerableStream is { } stream ? access.Answer(stream, GrpcAllowance.IsCall(head)) : default
                    : session._open.Count == 1 ? access.Answer(_transaction!.Kind == Http1RequestKind.Head) : default;
                session._detector.Deny(member, access, _transaction, answer);
            }
        }

        private void BeginRequest(Http1Head head)
        {
            if (session._open.Count == session._options.Http.MaxPipelined)
            {
                Anomaly(Http1Anomaly.TooManyPipelined);
                session.Finish(session._open.Peek());
            }
            _transaction = session.Open();
            _transaction.Kind = KindOf(head.Method);
        }

        private void BeginResponse(Http1Head head)
        {
            if (!session._open.TryPeek(out _transaction))
            {
                // Of an upgraded connection the first request was the older protocol's.
                if (session._details is null) Anomaly(Http1Anomaly.ResponseWithoutRequest);
                _transaction = session.Open();
            }
            // The final response after an interim one begins afresh.
            if (_transaction.Response.HasHead) _transaction.Response.Clear();
            if (head.StatusCode == 101 && Ascii.EqualsIgnoreCase(head.List("upgrade"u8).Trim(" \t"u8), "websocket"u8)) session.Successor = AppProtocol.WebSocket;
        }

        private void Evaluate(HttpMessage message, ReadOnlySpan<byte> piece, long position) =>
            session._detector.Evaluate(message.Pending, new DetectionBuffers { Message = message, Body = piece, File = message.File }, position, _transaction);

        private void BeginDecoding(ReadOnlySpan<byte> encoding)
        {
            EndDecoding();
            _decoder = ContentDecoder.For(encoding, session._options.Http.MaxCompressionRatio, this, session._options.Http.MaxCodings);
        }

        private void EndDecoding()
        {
            _decoder?.Dispose();
            _decoder = null;
        }

        private void TellOddities(UriOddities oddities)
        {
            Tell(UriOddities.DoubleEncoded, Http1Anomaly.DoubleEncodedUri);
            Tell(UriOddities.OverlongUtf8, Http1Anomaly.OverlongUtf8Uri);
            Tell(UriOddities.PercentU, Http1Anomaly.PercentUUri);
            Tell(UriOddities.InvalidPercent, Http1Anomaly.InvalidPercentUri);
            Tell(UriOddities.Null, Http1Anomaly.NullInUri);
            Tell(UriOddities.Backslash, Http1Anomaly.BackslashUri);
            Tell(UriOddities.AboveRoot, Http1Anomaly.PathAboveRoot);

            void Tell(UriOddities oddity, Http1Anomaly anomaly)
            {
                if ((oddities & oddity) != 0) Anomaly(anomaly);
            }
        }
    }
}
