using System.Text;
using Demilune.Neutron;
using Demilune.Sdn;
using Demilune.Sdn.Api;

namespace Demilune.Fuzz.Targets;

/// <summary>Requests to the built-in network's API, and a server's errors to its client.</summary>
internal static class NeutronTarget
{
    public static FuzzTarget Requests { get; } = new("neutron", "METHOD PATH?QUERY, a line end, a body; several, divided by empty lines", Run);

    private static void Run(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        NeutronClient.ParseError(text);
        var state = NetworkState.Empty;
        foreach (var request in text.Split("\n\n").Take(16))
        {
            var (line, body) = request.Split('\n', 2) is [var first, var rest] ? (first, rest) : (request, "");
            if (line.Split(' ', 2) is not [var method, var target]) continue;
            var (path, query) = target.Split('?', 2) is [var p, var q] ? (p, q) : (target, "");
            var draft = new Draft(state, new("project", true), DateTimeOffset.UnixEpoch, new Random(1));
            var answer = NetworkApi.Answer(new(method, path)
            {
                Body = Encoding.UTF8.GetBytes(body), Caller = new("project", true), Url = "http://host/v2.0/" + path,
                Query = [.. query.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2)).Select(pair => KeyValuePair.Create(pair[0], pair.Length > 1 ? pair[1] : ""))],
            }, draft);
            if (answer.Status is < 200 or >= 500) throw new InvalidOperationException($"{line}: {answer.Status}");
            if (answer.Status < 400) state = draft.State;
        }
    }
}
