using System.Text;
using Demilune.Wire.Http1;

namespace Demilune.Wire.Tests.Http1;

/// <summary>Writes down what a parser tells, body pieces joined.</summary>
internal sealed class HttpRecorder(Http1RequestKind answered = Http1RequestKind.Ordinary) : IHttp1Events
{
    private readonly StringBuilder _body = new();

    public List<string> Events { get; } = [];

    public static IReadOnlyList<string> Read(bool isRequest, string text, int pieceLength = int.MaxValue, Http1RequestKind answered = Http1RequestKind.Ordinary)
        => Read(isRequest, Encoding.Latin1.GetBytes(text), pieceLength, answered);

    public static IReadOnlyList<string> Read(bool isRequest, byte[] bytes, int pieceLength = int.MaxValue, Http1RequestKind answered = Http1RequestKind.Ordinary)
    {
        var recorder = new HttpRecorder(answered);
        var parser = new Http1Parser(isRequest, Http1Limits.Default);
        for (var offset = 0; offset < bytes.Length; offset += Math.Min(pieceLength, bytes.Length - offset))
            parser.Feed(bytes.AsSpan(offset, Math.Min(pieceLength, bytes.Length - offset)), recorder);
        parser.Close(recorder);
        recorder.FlushBody();
        return recorder.Events;
    }

    public void Head(Http1Head head)
    {
        FlushBody();
        var start = head.StatusCode > 0 ? $"{head.StatusCode} {Text(head.Reason)}" : $"{Text(head.Method)} {Text(head.Target)}";
        var fields = new List<string>();
        foreach (var field in head.Fields) fields.Add($"{Text(head.Name(field))}={Text(head.Value(field))}");
        Events.Add($"{start} [{string.Join("|", fields)}]");
    }

    public void Body(ReadOnlySpan<byte> bytes) => _body.Append(Text(bytes));

    public void End()
    {
        FlushBody();
        Events.Add("end");
    }

    public void Anomaly(Http1Anomaly anomaly)
    {
        FlushBody();
        Events.Add($"!{anomaly}");
    }

    public Http1RequestKind Answered() => answered;

    private void FlushBody()
    {
        if (_body.Length > 0) Events.Add($"body {_body}");
        _body.Clear();
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
