using Heldar.Edge.Holds;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Retention;

/// <summary>What one sweep did.</summary>
/// <param name="At">When it ended.</param>
/// <param name="Segments">Segments that it deleted.</param>
/// <param name="Bytes">Their size.</param>
/// <param name="Alerts">What it could not do, and why.</param>
/// <param name="IsCut">It ended at its bound and has more to do.</param>
internal sealed record SweepResult(Instant At, long Segments, long Bytes, IReadOnlyList<RetentionAlert> Alerts, bool IsCut = false);

/// <summary>Runs sweeps, one at a time, and remembers the newest result. Thread-safe.</summary>
internal sealed class Retainer(
    IStoreReader reader, VolumeSet volumes, SpaceProbe space, RetentionPolicies policies, Eraser eraser, ClockGuard guard, HoldBook holds, IClock clock) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);
    private volatile SweepResult? _last;

    /// <summary>The newest whole sweep, with what the floor did since.</summary>
    public SweepResult? Last => _last;

    public RetentionPolicy Policy => policies.Current;

    /// <summary>Why age does not delete; null while it may.</summary>
    public string? ClockDoubt => guard.Cause;

    /// <summary>The clock was looked at and is right.</summary>
    public bool IsClockTrusted => guard.IsTrusted;

    /// <summary>An operator says that the clock is right.</summary>
    public void VouchForClock() => guard.Vouch();

    /// <summary>Finishes what a crash left half done.</summary>
    public Task StartAsync(CancellationToken cancellation) => AloneAsync(async () => await eraser.FinishAsync(cancellation), cancellation);

    /// <summary>Looks at the clock, and at the floor of each disk: cheap while there is space.</summary>
    public Task GuardAsync(CancellationToken cancellation) => AloneAsync(
        async () =>
        {
            await guard.LookAsync(cancellation);
            if (!reader.IsWhole) return;
            if (!volumes.All.Any(IsShort))
            {
                // What a full disk had no room to seal is sealed as soon as there is.
                if (eraser.IsUnfinished) await eraser.FinishAsync(cancellation);
                return;
            }

            var sweep = new Sweep(reader, volumes, space, policies.Current, eraser, clock.GetCurrentInstant(), dry: false);
            await sweep.RunFloorAsync(cancellation);
            await eraser.FinishAsync(cancellation);
            _last = new SweepResult(clock.GetCurrentInstant(), sweep.Segments, sweep.Bytes, sweep.Alerts);
        },
        cancellation);

    /// <summary>All rules.</summary>
    public async Task<SweepResult> SweepAsync(CancellationToken cancellation)
    {
        await AloneAsync(
            async () =>
            {
                var trusted = await guard.LookAsync(cancellation);
                if (reader.IsFilling)
                {
                    // Holds are there as they once were: their ends are still to be read.
                    _last = new SweepResult(clock.GetCurrentInstant(), 0, 0, []);
                    return;
                }

                await holds.SealRestAsync(cancellation);
                if (trusted) await holds.ExpireAsync(cancellation);
                var sweep = new Sweep(reader, volumes, space, policies.Current, eraser, clock.GetCurrentInstant(), dry: false);
                if (reader.IsWhole) await sweep.RunAsync(trusted, cancellation);
                await eraser.FinishAsync(cancellation);
                _last = new SweepResult(clock.GetCurrentInstant(), sweep.Segments, sweep.Bytes, sweep.Alerts, sweep.IsCut);
            },
            cancellation);
        return _last!;
    }

    /// <summary>What a sweep would do now.</summary>
    public async Task<(DryRun Plan, IReadOnlyList<RetentionAlert> Alerts)> PlanAsync(CancellationToken cancellation)
    {
        var plan = new DryRun();
        var sweep = new Sweep(reader, volumes, space, policies.Current, plan, clock.GetCurrentInstant(), dry: true);
        await sweep.RunAsync(guard.Cause is null, cancellation);
        return (plan, sweep.Alerts);
    }

    public void Dispose() => _one.Dispose();

    private bool IsShort(Volume volume)
    {
        try
        {
            var (free, total) = space(volume);
            return free < policies.Current.FloorOf(total);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private async Task AloneAsync(Func<Task> work, CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            await work();
        }
        finally
        {
            _one.Release();
        }
    }
}
