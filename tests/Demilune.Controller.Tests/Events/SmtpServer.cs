using System.Net.Sockets;
using System.Text;

namespace Demilune.Controller.Tests.Events;

/// <summary>As much of a mail server (RFC 5321) as takes one mail and says what it was told.</summary>
internal static class SmtpServer
{
    public static async Task<string> TakeOneAsync(TcpListener listener, CancellationToken stop)
    {
        using var client = await listener.AcceptTcpClientAsync(stop);
        var stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.Latin1);
        using var writer = new StreamWriter(stream, Encoding.Latin1) { NewLine = "\r\n", AutoFlush = true };
        var said = new StringBuilder();
        var isData = false;
        await writer.WriteLineAsync("220 test");
        while (await reader.ReadLineAsync(stop) is { } line)
        {
            said.AppendLine(line);
            if (isData && line != ".") continue;
            (var answer, isData) = line switch
            {
                "." => ("250 taken", false),
                "DATA" => ("354 go on", true),
                "QUIT" => ("221 bye", false),
                _ => ("250 ok", false),
            };
            await writer.WriteLineAsync(answer);
            if (line == "QUIT") break;
        }
        return said.ToString();
    }
}
