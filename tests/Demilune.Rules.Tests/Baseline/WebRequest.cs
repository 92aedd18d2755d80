using System.Text;
using Demilune.Rules.Buffers;
using Demilune.Wire.Http1;

namespace Demilune.Rules.Tests.Baseline;

/// <summary>A request as text, with the buffers that inspection makes of it.</summary>
internal sealed class WebRequest : IInspectionBuffers
{
    private readonly Dictionary<BufferId, byte[]> _buffers = [];
    private readonly List<byte[]> _lines = [];

    /// <param name="text">Head and body, with plain line feeds in the head.</param>
    public WebRequest(string text)
    {
        var end = text.IndexOf("\n\n", StringComparison.Ordinal);
        var head = (end < 0 ? text : text[..end]).Split('\n');
        var words = head[0].Split(' ');
        var target = string.Join(' ', words[1..^1]);
        Add(BufferId.HttpMethod, words[0]);
        Add(BufferId.HttpUriRaw, target);
        Add(BufferId.HttpRequestLine, head[0]);
        Add(BufferId.HttpProtocol, words[^1]);
        var raw = Encoding.Latin1.GetBytes(target);
        var uri = new byte[UriNormalizer.MaxLength(raw.Length)];
        _buffers[BufferId.HttpUri] = uri[..UriNormalizer.Normalize(raw, uri, out _)];
        var header = new StringBuilder();
        var names = new StringBuilder("\r\n");
        foreach (var line in head[1..])
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var (name, value) = (line[..colon], line[(colon + 1)..].Trim());
            names.Append(name).Append("\r\n");
            _lines.Add(Encoding.Latin1.GetBytes($"{name}: {value}"));
            BufferId? id = name.ToLowerInvariant() switch
            {
                "host" => BufferId.HttpHost,
                "user-agent" => BufferId.HttpUserAgent,
                "referer" => BufferId.HttpReferer,
                "cookie" => BufferId.HttpCookie,
                "content-type" => BufferId.HttpContentType,
                "accept" => BufferId.HttpAccept,
                _ => null,
            };
            if (id is not null) Add(id.Value, value);
            if (id is not BufferId.HttpCookie) header.Append(name).Append(": ").Append(value).Append("\r\n");
        }
        Add(BufferId.HttpHeader, header.ToString());
        Add(BufferId.HttpHeaderRaw, string.Join("\r\n", head[1..]) + "\r\n");
        Add(BufferId.HttpHeaderNames, names.Append("\r\n").ToString());
        if (end >= 0 && end + 2 < text.Length)
        {
            _buffers[BufferId.HttpRequestBody] = Encoding.UTF8.GetBytes(text[(end + 2)..]);
            _buffers[BufferId.FileData] = _buffers[BufferId.HttpRequestBody];
        }
    }

    public IEnumerable<(BufferId Id, byte[] Bytes)> All => _buffers.Select(pair => (pair.Key, pair.Value)).Concat(_lines.Select(line => (BufferId.HttpRequestHeader, line)));

    public bool TryGet(BufferId id, int instance, out BufferView view)
    {
        byte[]? bytes = null;
        var found = id == BufferId.HttpRequestHeader
            ? instance < _lines.Count && (bytes = _lines[instance]) is not null
            : instance == 0 && _buffers.TryGetValue(id, out bytes);
        view = new(bytes);
        return found;
    }

    private void Add(BufferId id, string text) => _buffers[id] = Encoding.Latin1.GetBytes(text);
}
