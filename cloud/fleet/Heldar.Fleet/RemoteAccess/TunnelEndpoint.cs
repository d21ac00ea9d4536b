using Heldar.Contracts.Api;
using Heldar.Fleet.Access;
using Heldar.Fleet.Api;
using Heldar.Fleet.Boxes;
using Heldar.Fleet.Settings;
using Npgsql;

namespace Heldar.Fleet.RemoteAccess;

/// <summary><c>GET /api/v1/tunnel</c>: a box's outbound WebSocket, by which its footage is watched. The fleet never dials a box.</summary>
internal static partial class TunnelEndpoint
{
    /// <summary>Silence is probed at this interval; a box that does not answer the probe in the same time is cut off.</summary>
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    public static void MapTunnel(this IEndpointRouteBuilder app) =>
        app.MapGet(Tunnel.Path, AcceptAsync).Needs(Need.Box).WithTags("RemoteAccess").Produces(StatusCodes.Status101SwitchingProtocols);

    private static async Task<IResult> AcceptAsync(
        HttpContext context, BoxCaller box, Tunnels tunnels, TunnelDirectory directory, FleetOptions options, IHostApplicationLifetime life, ILoggerFactory logs)
    {
        if (!context.WebSockets.IsWebSocketRequest) return Answers.BadRequest("connect with a WebSocket");
        var log = logs.CreateLogger("Heldar.Fleet.RemoteAccess.Tunnel");
        using var socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { KeepAliveInterval = KeepAlive, KeepAliveTimeout = KeepAlive });
        using var tunnel = new BoxTunnel(socket, box.Tenant, box.Box, TunnelLimits.Of(options), log);
        tunnels.Attach(tunnel);
        Opened(log, box.Tenant, box.Box);
        try
        {
            await directory.EnterAsync(tunnel, context.RequestAborted);
            await tunnel.RunAsync(life.ApplicationStopping);
        }
        finally
        {
            tunnels.Detach(tunnel);
            await LeaveAsync(directory, tunnel, log);
            Closed(log, box.Tenant, box.Box, socket.CloseStatusDescription ?? socket.State.ToString());
        }

        return Results.Empty;
    }

    private static async Task LeaveAsync(TunnelDirectory directory, BoxTunnel tunnel, ILogger log)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(3));
        try
        {
            await directory.LeaveAsync(tunnel, limit.Token);
        }
        catch (Exception failure) when (failure is NpgsqlException or OperationCanceledException or TimeoutException)
        {
            NotRemoved(log, tunnel.Tenant, tunnel.Box, failure.Message);
        }
    }
}
