using System.Net.WebSockets;
using Heldar.Contracts.Api;
using Heldar.Edge.Enrolment;
using NodaTime;

namespace Heldar.Edge.RemoteAccess;

/// <summary>
/// Keeps the box's outbound WebSocket to its fleet open: dials, serves, dials again with back-off from 1 to 60 s. The fleet never dials the box.
/// </summary>
internal sealed partial class TunnelService(
    FleetClient fleet, IdentityStore identities, ITunnelContent content, TunnelState state, HttpMessageInvoker http, ILogger<TunnelService> log) : BackgroundService
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan NotEnrolled = TimeSpan.FromSeconds(5);
    private string? _told;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var wait = new Backoff(Duration.FromSeconds(1), Duration.FromMinutes(1));
        using var bucket = new TokenBucket(Tunnel.DefaultBytesPerSecond, TimeProvider.System);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (identities.Current is not { } identity)
                {
                    await Task.Delay(NotEnrolled, stoppingToken);
                    continue;
                }

                await ServeAsync(identity, bucket, wait, stoppingToken);
                Tell("the fleet closed the connection");
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is WebSocketException or TunnelProtocolException or HttpRequestException or IOException or OperationCanceledException)
            {
                Tell(e.Message);
            }
            finally
            {
                state.Connected = false;
            }

            try
            {
                await Task.Delay(wait.Next().ToTimeSpan(), stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(BoxIdentity identity, TokenBucket bucket, Backoff wait, CancellationToken stopping)
    {
        var address = new UriBuilder(fleet.Address(Tunnel.Path));
        var path = address.Uri.PathAndQuery;
        address.Scheme = address.Scheme == "https" ? "wss" : "ws";
        using var socket = new ClientWebSocket();
        socket.Options.KeepAliveInterval = TimeSpan.FromSeconds(15);
        socket.Options.KeepAliveTimeout = TimeSpan.FromSeconds(20);
        foreach (var (name, value) in fleet.Headers(identity, "GET", path, [])) socket.Options.SetRequestHeader(name, value);
        using (var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping))
        {
            limit.CancelAfter(ConnectTimeout);
            await socket.ConnectAsync(address.Uri, http, limit.Token);
        }

        wait.Reset();
        _told = null;
        state.Connected = true;
        LogConnected(address.Host);
        using var connection = new TunnelConnection(socket, content, bucket, LogFault);
        state.Current = connection;
        try
        {
            await connection.RunAsync(stopping);
        }
        catch (TunnelProtocolException e) when (socket.State == WebSocketState.Open)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            await socket.CloseOutputAsync(WebSocketCloseStatus.ProtocolError, e.Message, limit.Token);
            throw;
        }
        finally
        {
            state.Current = null;
            if (stopping.IsCancellationRequested) socket.Abort();
        }
    }

    private void Tell(string why)
    {
        if (why == _told) return;
        _told = why;
        LogWaiting(why);
    }
}

/// <summary>What people see of the tunnel.</summary>
internal sealed class TunnelState
{
    public bool Connected { get; set; }

    public TunnelConnection? Current { get; set; }

    public int Streams => Current?.Streams ?? 0;
}
