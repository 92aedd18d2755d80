using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Demilune.Controller.Hosting;

/// <summary>The three doors of the process. What is behind one cannot be reached through another, whatever the Host header says.</summary>
internal enum Door
{
    NodeLink,
    Rest,
    Neutron,
}

/// <summary>On each connection: by which door it came.</summary>
internal sealed record Entrance(Door Door);

internal static class Listener
{
    public static void Mark(this ListenOptions listen, Door door) => listen.Use(next => connection =>
    {
        connection.Features.Set(new Entrance(door));
        return next(connection);
    });

    public static void MapDoor(this IApplicationBuilder app, Door door, Action<IEndpointRouteBuilder> routes) => app.MapWhen(
        context => context.Features.Get<Entrance>()?.Door == door,
        behind =>
        {
            behind.UseRouting();
            behind.UseEndpoints(routes);
        });
}
