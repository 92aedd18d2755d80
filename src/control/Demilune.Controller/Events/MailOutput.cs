using System.Text;
using System.Text.Json;
using Demilune.Controller.Rest;
using Demilune.Orchestrator.Alarms;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace Demilune.Controller.Events;

/// <summary>By which server mail goes to whom.</summary>
/// <param name="Server">smtp://[USER@]HOST:PORT: TLS if the server offers it; smtps://: TLS from the start.</param>
/// <param name="From">An address.</param>
/// <param name="To">Addresses with commas between them.</param>
/// <param name="PasswordFile">Read for each mail, so that it may change. Null: nobody signs in.</param>
public sealed record MailRoute(Uri Server, string From, string To, string? PasswordFile);

/// <summary>Alarms by mail: those that turn within ten seconds in one.</summary>
internal sealed class MailOutput(MailRoute route, string cluster, TimeProvider time, ILogger<MailOutput> log) : EventOutput($"mail {route.Server.Host}", time, log)
{
    private const int ImplicitTls = 465, Submission = 587, MaxSubject = 150;

    protected override TimeSpan Gathering { get; } = TimeSpan.FromSeconds(10);

    /// <summary>Tests need not wait.</summary>
    internal MailOutput(MailRoute route, string cluster, TimeSpan gathering, TimeProvider time, ILogger<MailOutput> log) : this(route, cluster, time, log) => Gathering = gathering;

    protected override async Task SendAsync(IReadOnlyList<string> lines, CancellationToken stop)
    {
        using var message = Compose([.. lines.Select(line => JsonSerializer.Deserialize(line, OperationsJson.Default.Alarm)).OfType<Alarm>()], route, cluster);
        using var client = new SmtpClient { Timeout = 10_000 };
        var isTls = route.Server.Scheme == "smtps";
        try
        {
            await client.ConnectAsync(
                route.Server.DnsSafeHost, route.Server.Port > 0 ? route.Server.Port : isTls ? ImplicitTls : Submission,
                isTls ? SecureSocketOptions.SslOnConnect : SecureSocketOptions.StartTlsWhenAvailable, stop);
            // A password is not said in the clear: MailKit offers it to a server without TLS, we do not.
            if (route.PasswordFile is { } file)
                await client.AuthenticateAsync(
                    Uri.UnescapeDataString(route.Server.UserInfo), client.IsSecure ? (await File.ReadAllTextAsync(file, stop)).TrimEnd() : throw new IOException("the server offers no TLS, and a password would be said in the clear"), stop);
            await client.SendAsync(message, stop);
            await client.DisconnectAsync(quit: true, stop);
        }
        catch (Exception error) when (error is CommandException or ProtocolException or AuthenticationException or ServiceNotAuthenticatedException or SslHandshakeException or UnauthorizedAccessException)
        {
            throw new IOException(error.Message, error);
        }
    }

    /// <summary>Pure.</summary>
    internal static MimeMessage Compose(IReadOnlyList<Alarm> alarms, MailRoute route, string cluster)
    {
        var text = new StringBuilder();
        foreach (var alarm in alarms.OrderBy(alarm => alarm.Cleared is not null))
            text.AppendLine($"{Turn(alarm)}: {alarm.Kind}, {alarm.Object} ({alarm.Severity}), since {alarm.Since.UtcDateTime:u}").AppendLine($"    {alarm.Message}").AppendLine();
        text.AppendLine("What stands now: demilune's console, or GET /v1/alarms of the controller.");
        var subject = alarms.Count == 1
            ? $"[demilune {cluster}] {Turn(alarms[0])}: {alarms[0].Kind} {alarms[0].Object}"
            : $"[demilune {cluster}] {string.Join(", ", alarms.CountBy(Turn).OrderBy(turn => turn.Key, StringComparer.Ordinal).Select(turn => $"{turn.Value} {turn.Key}"))}";
        var message = new MimeMessage { Subject = subject.Length <= MaxSubject ? subject : subject[..MaxSubject], Body = new TextPart("plain") { Text = text.ToString() } };
        message.From.AddRange(InternetAddressList.Parse(route.From));
        message.To.AddRange(InternetAddressList.Parse(route.To));
        return message;
    }

    private static string Turn(Alarm alarm) => alarm.Cleared is not null ? "cleared" : alarm.AcknowledgedBy is { } who ? $"acknowledged by {who}" : "raised";
}
