using System.Globalization;
using System.Text;

namespace Demilune.Cli.Policies;

/// <summary>A request from its words on the command line.</summary>
internal static class TracedRequest
{
    /// <param name="line">"GET /x", or a target alone.</param>
    /// <param name="host">Unless a field says another.</param>
    public static string Of(string line, IReadOnlyList<string> headers, string? body, string host)
    {
        var words = line.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0) throw new InvalidDataException("--http: which request? For example 'GET /'");
        var (method, target) = words.Length == 1 ? (body is null ? "GET" : "POST", words[0]) : (words[0], words[1]);
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{method} {target} {(words.Length == 3 ? words[2] : "HTTP/1.1")}\r\n");
        if (!headers.Any(header => header.StartsWith("host:", StringComparison.OrdinalIgnoreCase))) text.Append(CultureInfo.InvariantCulture, $"Host: {host.Split('/')[^1]}\r\n");
        foreach (var header in headers) text.Append(header).Append("\r\n");
        if (body is not null && !headers.Any(header => header.StartsWith("content-length:", StringComparison.OrdinalIgnoreCase) || header.StartsWith("transfer-encoding:", StringComparison.OrdinalIgnoreCase)))
            text.Append(CultureInfo.InvariantCulture, $"Content-Length: {Encoding.Latin1.GetByteCount(body)}\r\n");
        return text.Append("\r\n").Append(body).ToString();
    }
}
