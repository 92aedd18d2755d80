using System.Text;
using Demilune.Wire.Mime;

namespace Demilune.Wire.Tests.Mime;

/// <summary>What a <see cref="MimeParser"/> tells, as lines; content that comes in pieces is put together.</summary>
internal sealed class MimeRecorder : IMimeEvents
{
    private readonly List<string> _lines = [];
    private readonly StringBuilder _content = new();

    public static string[] Read(string text, int pieceLength = int.MaxValue, string? boundary = null) => Read(Encoding.Latin1.GetBytes(text), pieceLength, boundary);

    public static string[] Read(byte[] bytes, int pieceLength = int.MaxValue, string? boundary = null)
    {
        var recorder = new MimeRecorder();
        var parser = new MimeParser();
        if (boundary is null) parser.Begin();
        else parser.BeginMultipart(Encoding.Latin1.GetBytes(boundary));
        for (var at = 0; at < bytes.Length; at += Math.Min(pieceLength, bytes.Length - at))
            parser.Feed(bytes.AsSpan(at, Math.Min(pieceLength, bytes.Length - at)), recorder);
        parser.End(isComplete: true, recorder);
        return [.. recorder._lines];
    }

    public void Begin(MimeHead head, int depth)
    {
        var fields = Enumerable.Range(0, head.Count).Select(i => $"{Encoding.Latin1.GetString(head.Name(i))}={Encoding.Latin1.GetString(head.Value(i))}");
        _lines.Add($"begin {depth} {string.Join('|', fields)}");
    }

    public void Content(ReadOnlySpan<byte> bytes) => _content.Append(Encoding.Latin1.GetString(bytes));

    public void End(bool isComplete)
    {
        _lines.Add($"content {_content}");
        _content.Clear();
        _lines.Add(isComplete ? "end" : "lost");
    }

    public void Anomaly(MimeAnomaly anomaly) => _lines.Add($"anomaly {anomaly}");
}
