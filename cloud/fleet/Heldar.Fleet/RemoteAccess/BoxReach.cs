using Heldar.Contracts.Api;

namespace Heldar.Fleet.RemoteAccess;

/// <summary>Asks a box something, wherever its tunnel ends: on this replica, or through the one that holds it. Thread-safe.</summary>
internal sealed class BoxReach(Tunnels tunnels, TunnelDirectory directory, ReplicaClient replicas)
{
    private const int BusyTries = 8;

    private static readonly TimeSpan BusyPause = TimeSpan.FromMilliseconds(100);

    /// <summary>Asks; bounded in time. The caller disposes the answer.</summary>
    public async Task<BoxReply> AskAsync(string tenant, Guid box, TunnelRequest request, CancellationToken cancellation)
    {
        if (tunnels.Find(tenant, box) is not null) return await AskHereAsync(tenant, box, request, cancellation);
        return await directory.FindElsewhereAsync(tenant, box, cancellation) is { } replica
            ? await replicas.AskAsync(replica, new ReplicaRequest(tenant, box, request), cancellation)
            : BoxReply.Offline;
    }

    /// <summary>
    /// Asks a box on this replica only, so that two replicas never send a request in circles. A box that is still winding a cancelled stream down says
    /// that it is busy although a stream is free here: it is asked again for a moment.
    /// </summary>
    public async Task<BoxReply> AskHereAsync(string tenant, Guid box, TunnelRequest request, CancellationToken cancellation)
    {
        for (int tries = 1; ; tries++)
        {
            if (tunnels.Find(tenant, box) is not { } tunnel) return BoxReply.Offline;
            var (reply, busy) = await AskOnceAsync(tunnel, request, cancellation);
            if (!busy || tries == BusyTries) return reply;
            await Task.Delay(BusyPause, cancellation);
        }
    }

    private static async Task<(BoxReply Reply, bool Busy)> AskOnceAsync(BoxTunnel tunnel, TunnelRequest request, CancellationToken cancellation)
    {
        BoxStream? stream = null;
        try
        {
            stream = await tunnel.OpenAsync(request, cancellation);
            if (stream is null) return (BoxReply.Busy, false);
            var answer = new TunnelAnswer(await stream.HeadAsync(cancellation), stream);
            stream = null;
            return (new BoxReply(answer, null), false);
        }
        catch (BoxErrorException refused)
        {
            return (Refused(refused.Body), refused.Body.Code == ErrorCodes.TooMany);
        }
        catch (BoxGoneException)
        {
            return (BoxReply.Lost, false);
        }
        catch (TimeoutException)
        {
            return (BoxReply.Slow, false);
        }
        finally
        {
            if (stream is not null) await stream.DisposeAsync();
        }
    }

    /// <summary>A box's error keeps its code where the fleet knows it; its text is for people and cut to a sane length.</summary>
    private static BoxReply Refused(ErrorBody body)
    {
        string text = body.Error.Length <= 500 ? body.Error : body.Error[..500];
        return body.Code switch
        {
            ErrorCodes.BadRequest => BoxReply.Refuse(400, body.Code, text),
            ErrorCodes.NotFound => BoxReply.Refuse(404, body.Code, text),
            ErrorCodes.TooMany or ErrorCodes.Unavailable => BoxReply.Refuse(503, body.Code, text),
            _ => BoxReply.Refuse(502, ErrorCodes.Unavailable, $"the box answered: {text}"),
        };
    }

    private sealed class TunnelAnswer(TunnelResponse head, BoxStream stream) : BoxAnswer(head)
    {
        public override Task CopyToAsync(Stream target, CancellationToken cancellation) => stream.CopyToAsync(target, cancellation);

        public override ValueTask DisposeAsync() => stream.DisposeAsync();
    }
}
