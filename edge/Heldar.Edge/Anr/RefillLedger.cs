using Heldar.Contracts.Events;
using Heldar.Edge.Cameras;
using Heldar.Edge.Gaps;
using Heldar.Edge.Seals;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Anr;

/// <summary>Notes what came of a try: state and next try of the refill, and the gap's new revision, which shrinks to what is still missing. Thread-safe.</summary>
internal sealed partial class RefillLedger(BoxSettings settings, VolumeWriters writers, IStoreWriter store, IOutbox outbox, IClock clock, ILogger<RefillLedger> log)
{
    /// <summary>Segments of one refill that lie no further apart are one stretch.</summary>
    public static readonly Duration Joint = Duration.FromMilliseconds(100);

    private static readonly Duration LongestWait = Duration.FromHours(1);

    /// <summary>Notes one try.</summary>
    /// <param name="gap">As it was before.</param>
    /// <param name="whole">The gap before anything came back.</param>
    /// <param name="taken">All that came back so far.</param>
    /// <param name="missing">What is still missing.</param>
    /// <param name="last">What the try brought; null when nothing had to be asked for.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task NoteAsync(FillableGap gap, Stretch whole, IReadOnlyList<Stretch> taken, IReadOnlyList<Stretch> missing, RefillResult? last, CancellationToken cancellation)
    {
        var now = clock.GetCurrentInstant();
        var fill = Judge(gap.Fill, gap.Gap, whole, taken, missing, last, now);
        var left = missing.Count == 0 ? new Stretch(whole.Start, whole.Start) : new Stretch(missing[0].Start, missing[^1].End);
        var revised = left.Start == gap.Gap.Start && left.End == gap.Gap.End ? null : gap.Gap with { Revision = gap.Gap.Revision + 1, Start = left.Start, End = left.End };
        if (revised is not null) await SealAsync(revised, cancellation);
        AnrMetrics.Tried(gap.Fill is null, fill.State == FillState.Filled, Stretch.Seconds(taken) - Stretch.Seconds(gap.Fill?.Taken ?? []), last?.Failure);
        await store.EnqueueAsync(
            db =>
            {
                GapFillRows.Put(db, fill);
                if (revised is not null) GapRows.Apply(db, outbox, revised);
            },
            cancellation);
    }

    /// <summary>What a try makes of a refill.</summary>
    internal GapFill Judge(GapFill? before, GapData gap, Stretch whole, IReadOnlyList<Stretch> taken, IReadOnlyList<Stretch> missing, RefillResult? last, Instant now)
    {
        // A camera that others replay from is asked again without counting.
        var attempts = (before?.Attempts ?? 0) + (last is null or { Failure: StreamFailure.Busy } ? 0 : 1);
        if (missing.Count == 0) return new GapFill(gap.Gap, gap.Camera, whole.Start, whole.End, FillState.Filled, attempts, null, taken, null);
        var wait = Duration.FromSeconds(settings.Anr.RetrySeconds * Math.Pow(4, Math.Clamp(attempts - 1, 0, 10)));
        Instant? next = attempts < settings.Anr.MaxAttempts ? now + Duration.Min(wait, LongestWait) : null;
        if (next > whole.End + Duration.FromHours(settings.Anr.MaxGapHours)) next = null;
        var state = taken.Count > 0 ? FillState.Partial : next is null ? FillState.Failed : FillState.Pending;
        var error = last?.Error ?? "the camera's storage does not have the rest";
        return new GapFill(gap.Gap, gap.Camera, whole.Start, whole.End, state, attempts, next, taken, EventRules.Clean(error, 500));
    }

    private async Task SealAsync(GapData revised, CancellationToken cancellation)
    {
        try
        {
            await (writers.Pick() ?? throw new IOException("no volume can be written to")).SealAsync(new SealRecord { Type = SealType.Gap, Missing = revised }, cancellation);
        }
        catch (IOException e)
        {
            LogUnsealed(revised.Gap, e.Message);
        }
    }

    [LoggerMessage(2803, LogLevel.Warning, "Gap {Gap} was refilled, but the seal log does not say so: {Error}")]
    private partial void LogUnsealed(Guid gap, string error);
}
