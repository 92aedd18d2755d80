using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Demilune.Controller.Hosting;

/// <summary>The doors of the process. What is behind one cannot be reached through another, whatever the Host header says.</summary>
internal enum Door
{
    NodeLink,
    Rest,
    Neutron,
    Console,
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

    /// <summary>
    /// Refuses connections of other machines and of pods: it has neither encryption nor credentials. The API server's proxy comes from
    /// this machine where both are on one node.
    /// </summary>
    public static void OnlyFromThisMachine(this ListenOptions listen) => listen.Use(next => connection =>
    {
        if (connection is { RemoteEndPoint: IPEndPoint remote, LocalEndPoint: IPEndPoint local } && IsThisMachine(remote.Address, local.Address))
            return next(connection);
        connection.Abort(new ConnectionAbortedException($"{connection.RemoteEndPoint} is not this machine"));
        return Task.CompletedTask;
    });

    /// <summary>Whoever speaks to an address of his own machine has that address himself.</summary>
    internal static bool IsThisMachine(IPAddress remote, IPAddress local) =>
        // On a socket for both families 127.0.0.1 is ::ffff:127.0.0.1.
        IPAddress.IsLoopback(remote.IsIPv4MappedToIPv6 ? remote.MapToIPv4() : remote) || remote.Equals(local);

    public static void MapDoor(this IApplicationBuilder app, Door door, Action<IEndpointRouteBuilder> routes, Action<IApplicationBuilder>? through = null) => app.MapWhen(
        context => context.Features.Get<Entrance>()?.Door == door,
        behind =>
        {
            if (through is null) behind.UseRouting();
            else through(behind);
            behind.UseEndpoints(routes);
        });
}
