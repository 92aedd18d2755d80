using System.Globalization;
using System.Text.Json;
using Demilune.Console.Reading;

namespace Demilune.Controller.Rest;

/// <summary>What the console shows, as JSON: whatever somebody can see, a program can read.</summary>
internal static class ReadingEndpoints
{
    /// <summary>A page has at most this many lines.</summary>
    private const int MaxTake = 1_000;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static void MapReading(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/cluster", context => WriteAsync(context, reading => reading.Cluster));
        routes.MapGet("/v1/traffic", context => WriteAsync(context, reading => reading.Traffic));
        routes.MapGet("/v1/alerts/search", context => WriteAsync(context, reading => reading.Alerts(
            new(Word(context, "text"), Truth(context, "blocked"), Number(context, "severity"), Word(context, "policy"), Word(context, "pod")),
            Number(context, "skip") ?? 0, Math.Min(MaxTake, Number(context, "take") ?? 100))));
        routes.MapGet("/v1/alerts/{number:long}", context => WriteAsync(
            context, reading => reading.Alert(long.Parse((string)context.Request.RouteValues["number"]!, CultureInfo.InvariantCulture))));
        routes.MapGet("/v1/flows/search", context => WriteAsync(context, reading => reading.Flows(
            new(Word(context, "text"), Word(context, "verdict")), Number(context, "skip") ?? 0, Math.Min(MaxTake, Number(context, "take") ?? 100))));
    }

    private static async Task WriteAsync<T>(HttpContext context, Func<IClusterReading, T> read)
    {
        if (context.RequestServices.GetService<IClusterReading>() is not { } reading)
        {
            context.Response.StatusCode = 503;
            await context.Response.WriteAsync("this controller does not watch a cluster.\n");
            return;
        }
        T answer;
        try
        {
            answer = read(reading);
        }
        catch (FormatException error)
        {
            context.Response.StatusCode = 400;
            await context.Response.WriteAsync(error.Message + "\n");
            return;
        }
        if (answer is null)
        {
            context.Response.StatusCode = 404;
            await context.Response.WriteAsync("there is none, or it is too old to be kept.\n");
            return;
        }
        await context.Response.WriteAsJsonAsync(answer, Json, context.RequestAborted);
    }

    private static string? Word(HttpContext context, string name) => context.Request.Query[name] is [{ Length: > 0 } text] ? text : null;

    private static int? Number(HttpContext context, string name) => Word(context, name) is not { } text ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw new FormatException($"{name} must be a number, not '{text}'.");

    private static bool? Truth(HttpContext context, string name) => Word(context, name) switch
    {
        null => null,
        "true" => true,
        "false" => false,
        var text => throw new FormatException($"{name} must be true or false, not '{text}'."),
    };
}
