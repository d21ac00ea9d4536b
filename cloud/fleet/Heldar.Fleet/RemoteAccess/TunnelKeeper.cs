using System.Net.WebSockets;
using Npgsql;

namespace Heldar.Fleet.RemoteAccess;

/// <summary>Keeps the directory true: touches the rows of this replica's tunnels and closes a tunnel whose box has connected elsewhere since.</summary>
internal sealed partial class TunnelKeeper(Tunnels tunnels, TunnelDirectory directory, ILogger<TunnelKeeper> log) : BackgroundService
{
    /// <summary>One round.</summary>
    public async Task TouchAllAsync(CancellationToken cancellation)
    {
        foreach (var tunnel in tunnels.All)
            if (!await directory.TouchAsync(tunnel, cancellation)) tunnel.Close(WebSocketCloseStatus.PolicyViolation, "replaced by a newer connection of the same box");
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TunnelDirectory.Touch);
        while (await NextAsync(timer, stoppingToken))
        {
            try
            {
                await TouchAllAsync(stoppingToken);
            }
            catch (Exception failure) when (failure is NpgsqlException or TimeoutException)
            {
                // Tunnels go on without the directory: only other replicas lose sight of them until it is back.
                Untouched(failure.Message);
            }
        }
    }

    private static async Task<bool> NextAsync(PeriodicTimer timer, CancellationToken stopping)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
