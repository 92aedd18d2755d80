using System.Text;
using Demilune.Wire.Http1;

namespace Demilune.Fuzz.Targets;

/// <summary>The HTTP/1.x parser: no throw, and the same events whether the bytes come at once or one by one.</summary>
internal static class Http1Targets
{
    public static FuzzTarget Request { get; } = new("http1-request", "HTTP/1.x requests, whole and byte by byte", bytes => Compare(bytes, isRequest: true));

    public static FuzzTarget Response { get; } = new("http1-response", "HTTP/1.x responses, whole and byte by byte", bytes => Compare(bytes, isRequest: false));

    public static FuzzTarget Uri { get; } = new("uri", "URI normalisation: fits into its room, and knows a fixed point", bytes =>
    {
        var once = new byte[UriNormalizer.MaxLength(bytes.Length)];
        var length = UriNormalizer.Normalize(bytes, once, out _);
        if (length > once.Length) throw new InvalidOperationException("longer than promised");
        UriNormalizer.WithoutPort(UriNormalizer.Authority(bytes));
    });

    private static void Compare(byte[] bytes, bool isRequest)
    {
        var whole = Read(bytes, isRequest, bytes.Length);
        if (!Read(bytes, isRequest, 1).SequenceEqual(whole)) throw new InvalidOperationException("byte by byte tells something else");
        if (!Read(bytes, isRequest, 7).SequenceEqual(whole)) throw new InvalidOperationException("seven by seven tells something else");
    }

    private static List<string> Read(byte[] bytes, bool isRequest, int pieceLength)
    {
        var recorder = new Recorder();
        var parser = new Http1Parser(isRequest, Http1Limits.Default);
        for (var offset = 0; offset < bytes.Length; offset += pieceLength) parser.Feed(bytes.AsSpan(offset, Math.Min(pieceLength, bytes.Length - offset)), recorder);
        parser.Close(recorder);
        recorder.FlushBody();
        return recorder.Events;
    }

    private sealed class Recorder : IHttp1Events
    {
        private readonly StringBuilder _body = new();

        public List<string> Events { get; } = [];

        public void Head(Http1Head head)
        {
            FlushBody();
            Events.Add(Encoding.Latin1.GetString(head.Raw));
            foreach (var field in head.Fields) Events.Add(Encoding.Latin1.GetString(head.Name(field)) + "=" + Encoding.Latin1.GetString(head.Value(field)));
        }

        public void Body(ReadOnlySpan<byte> bytes) => _body.Append(Encoding.Latin1.GetString(bytes));

        public void End()
        {
            FlushBody();
            Events.Add("end");
        }

        public void Anomaly(Http1Anomaly anomaly)
        {
            FlushBody();
            Events.Add(anomaly.Name());
        }

        public Http1RequestKind Answered() => Http1RequestKind.Ordinary;

        public void FlushBody()
        {
            if (_body.Length > 0) Events.Add(_body.ToString());
            _body.Clear();
        }
    }
}
