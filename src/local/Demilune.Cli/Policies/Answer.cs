using System.CommandLine;
using System.Net.Sockets;
using Demilune.Kubernetes.Api;

namespace Demilune.Cli.Policies;

/// <summary>Runs a command that answers a question, with clear words for whatever goes wrong.</summary>
internal static class Answer
{
    public const int Unanswered = 2;

    /// <param name="name">The command's, for errors.</param>
    /// <param name="ask">Writes the answer; gives the exit code.</param>
    public static Func<ParseResult, CancellationToken, Task<int>> Of(string name, Func<ParseResult, TextWriter, CancellationToken, Task<int>> ask) => async (parsed, stop) =>
    {
        try
        {
            return await ask(parsed, parsed.InvocationConfiguration.Output, stop);
        }
        catch (Exception failure) when (failure is InvalidDataException or IOException or UnauthorizedAccessException or ApiException or HttpRequestException
            or SocketException or TimeoutException or k8s.Exceptions.KubeConfigException)
        {
            await parsed.InvocationConfiguration.Error.WriteLineAsync($"demilune {name}: {failure.Message}");
            return Unanswered;
        }
    };
}
