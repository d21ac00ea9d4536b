using Heldar.Contracts.Api;
using Heldar.Edge.Enrolment;
using NodaTime;

namespace Heldar.Edge.Uplink;

/// <summary>
/// Keeps the box known to its fleet: enrols once, renews its right to put at half-life, and brings watermarks home with every heartbeat. One loop
/// calls <see cref="StepAsync"/>.
/// </summary>
internal sealed class UplinkSession(UplinkOptions options, FleetClient fleet, Enroller enroller, IdentityStore identities, BootCounter boot, UplinkState state, Pending pending, BoxTime time)
{
    private static readonly Duration Idle = Duration.FromMinutes(1);
    private readonly Backoff _enrolWait = new(Duration.FromSeconds(2), Duration.FromMinutes(5));
    private readonly Backoff _wait = new(Duration.FromSeconds(1), Duration.FromMinutes(1));
    private readonly Deadline _renewal = time.NewDeadline();
    private readonly Deadline _beat = time.NewDeadline();
    private readonly Deadline _again = time.NewDeadline();

    /// <summary>
    /// Does what is due and says how long nothing else is, one minute at most. Errors of the fleet are kept in the status and waited out.
    /// </summary>
    public async Task<Duration> StepAsync(CancellationToken cancellation)
    {
        if (!_again.IsDue) return Duration.Min(_again.Left, Idle);
        try
        {
            if (identities.Current is not { } identity)
            {
                if (!enroller.HasToken) return Idle;
                var answer = await enroller.EnrolAsync(cancellation);
                _enrolWait.Reset();
                Take(answer.Access);
                return Duration.Zero;
            }

            if (state.Grant is null || state.RenewWanted || _renewal.IsDue)
            {
                Take(await fleet.RenewAsync(identity, cancellation));
            }
            else if (_beat.IsDue)
            {
                var now = time.Now;
                var backlog = state.Backlog.Total;
                var answer = await fleet.HeartbeatAsync(identity, new HeartbeatRequest(BoxVersion.Text, boot.BootSeq, backlog, now, backlog == 0 ? null : state.OldestWaiting), cancellation);
                _beat.Set(options.Heartbeat);
                state.LastHeartbeatAt = now;
                state.Learn(answer.Watermarks);
            }

            _wait.Reset();
            state.Connected = true;
            return Duration.Min(Duration.Min(_beat.Left, _renewal.Left), Idle);
        }
        catch (Exception e) when (IsTransient(e, cancellation))
        {
            state.Connected = false;
            state.LastError = e.Message;
            var wait = identities.Current is null ? _enrolWait.Next() : _wait.Next();
            _again.Set(wait);
            return wait;
        }
    }

    private void Take(SasGrant grant)
    {
        // Half of the grant's own life from now, so that a box whose clock is off renews in time all the same.
        _renewal.Set((grant.ExpiresAt - grant.IssuedAt) / 2);
        state.Granted(grant);
        state.Connected = true;
        pending.Wake();
    }

    private static bool IsTransient(Exception e, CancellationToken cancellation) =>
        e is HttpRequestException or FleetRefusedException or System.Text.Json.JsonException or IOException or ArgumentException
        || (e is OperationCanceledException && !cancellation.IsCancellationRequested);
}
