using Heldar.Contracts.Api;
using Heldar.Edge.Enrolment;
using NodaTime;

namespace Heldar.Edge.Uplink;

/// <summary>
/// Keeps the box known to its fleet: enrols once, renews its right to put at half-life, and brings watermarks home with every heartbeat. One loop
/// calls <see cref="StepAsync"/>.
/// </summary>
internal sealed class UplinkSession(UplinkOptions options, FleetClient fleet, Enroller enroller, IdentityStore identities, BootCounter boot, UplinkState state, Pending pending, IClock clock)
{
    private static readonly Duration Idle = Duration.FromMinutes(1);
    private readonly Backoff _enrolWait = new(Duration.FromSeconds(2), Duration.FromMinutes(5));
    private readonly Backoff _wait = new(Duration.FromSeconds(1), Duration.FromMinutes(1));
    private Instant _renewAt = Instant.MinValue;
    private Instant _beatAt = Instant.MinValue;
    private Instant _notBefore = Instant.MinValue;
    private Instant _lookedAt = Instant.MinValue;

    /// <summary>
    /// Does what is due and says how long nothing else is, one minute at most: the clock may be set meanwhile. Errors of the fleet are kept in the status and waited out.
    /// </summary>
    public async Task<Duration> StepAsync(CancellationToken cancellation)
    {
        var now = clock.GetCurrentInstant();
        // What is due by a clock that was set back would be due in years.
        if (now < _lookedAt) (_renewAt, _beatAt, _notBefore) = (Instant.Min(_renewAt, now), Instant.Min(_beatAt, now), Instant.MinValue);
        _lookedAt = now;
        if (_notBefore > now) return Duration.Min(_notBefore - now, Idle);
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

            if (state.Grant is null || state.RenewWanted || now >= _renewAt)
            {
                Take(await fleet.RenewAsync(identity, cancellation));
            }
            else if (now >= _beatAt)
            {
                var backlog = state.Backlog.Total;
                var answer = await fleet.HeartbeatAsync(identity, new HeartbeatRequest(BoxVersion.Text, boot.BootSeq, backlog, now), cancellation);
                _beatAt = clock.GetCurrentInstant() + options.Heartbeat;
                state.LastHeartbeatAt = now;
                state.Learn(answer.Watermarks);
            }

            _wait.Reset();
            state.Connected = true;
            var next = Instant.Min(_beatAt, _renewAt);
            return Duration.Min(Duration.Max(next - clock.GetCurrentInstant(), Duration.Zero), Idle);
        }
        catch (Exception e) when (IsTransient(e, cancellation))
        {
            state.Connected = false;
            state.LastError = e.Message;
            var wait = identities.Current is null ? _enrolWait.Next() : _wait.Next();
            _notBefore = now + wait;
            return wait;
        }
    }

    private void Take(SasGrant grant)
    {
        // Half of the grant's own life from now, so that a box whose clock is off renews in time all the same.
        var now = clock.GetCurrentInstant();
        _renewAt = now + ((grant.ExpiresAt - grant.IssuedAt) / 2);
        if (_beatAt == Instant.MinValue) _beatAt = now;
        state.Granted(grant);
        state.Connected = true;
        pending.Wake();
    }

    private static bool IsTransient(Exception e, CancellationToken cancellation) =>
        e is HttpRequestException or FleetRefusedException or System.Text.Json.JsonException or IOException or ArgumentException
        || (e is OperationCanceledException && !cancellation.IsCancellationRequested);
}
