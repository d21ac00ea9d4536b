using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Heldar.Contracts.Events;
using Heldar.Edge.Cameras;
using Heldar.Edge.Gaps;
using Heldar.Edge.Indexer;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Anr;

/// <summary>
/// Notes what came of a try: state and next try of the refill, and the gap's new revision, which shrinks to what is still missing. Where the middle came back, each further rest
/// becomes a gap of its own, with what came back behind it. Thread-safe.
/// </summary>
internal sealed partial class RefillLedger(BoxSettings settings, VolumeWriters writers, IStoreWriter store, IOutbox outbox, IClock clock, ILogger<RefillLedger> log)
{
    /// <summary>Segments of one refill that lie no further apart are one stretch.</summary>
    public static readonly Duration Joint = Duration.FromMilliseconds(100);

    /// <summary>Most gaps that one try makes of a gap; the holes between the widest returns then stand for those beside them.</summary>
    public const int MostParts = 16;

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
        var (fills, revised) = (new List<GapFill>(), new List<GapData>());
        foreach (var (of, left) in Parts(whole, missing))
        {
            var its = fills.Count == 0 ? gap.Gap with { Revision = gap.Gap.Revision + 1, Start = left.Start, End = left.End } : Rest(gap.Gap, left);
            fills.Add(Judge(gap.Fill, its, of, Stretch.Both([of], taken), left.End > left.Start ? [left] : [], last, now));
            if (fills.Count > 1 || left.Start != gap.Gap.Start || left.End != gap.Gap.End) revised.Add(its);
        }

        // The rests stand in the log before the gap that they were part of shrinks.
        revised.Reverse();
        var refused = (await Task.WhenAll(revised.Select(async r => (Gap: r, IsSealed: await SealAsync(r, cancellation))))).Where(r => !r.IsSealed).ToList();
        AnrMetrics.Tried(gap.Fill is null, missing.Count == 0, Stretch.Seconds(taken) - Stretch.Seconds(gap.Fill?.Taken ?? []), last?.Failure);
        await store.EnqueueAsync(
            db =>
            {
                foreach (var fill in fills) GapFillRows.Put(db, fill);
                foreach (var one in revised) GapRows.Apply(db, outbox, one);
                foreach (var (one, _) in refused) SealDueRows.Put(db, GapSeal.Of(one));
            },
            cancellation);
    }

    /// <summary>What is still missing, each with the part of the gap that it stands for; they touch, and together they are the gap.</summary>
    internal static IReadOnlyList<(Stretch Of, Stretch Left)> Parts(Stretch whole, IReadOnlyList<Stretch> missing)
    {
        if (missing.Count == 0) return [(whole, new Stretch(whole.Start, whole.Start))];
        var cuts = Enumerable.Range(1, missing.Count - 1).OrderByDescending(i => missing[i].Start - missing[i - 1].End).Take(MostParts - 1).Order().Append(missing.Count);
        var left = new List<Stretch>();
        var from = 0;
        foreach (var cut in cuts)
        {
            left.Add(new Stretch(missing[from].Start, missing[cut - 1].End));
            from = cut;
        }

        return [.. left.Select((l, i) => (new Stretch(i == 0 ? whole.Start : l.Start, i == left.Count - 1 ? whole.End : left[i + 1].Start), l))];
    }

    /// <summary>The gap of a rest. Its id follows from both, so that a try that a crash cut off makes the same one again.</summary>
    private static GapData Rest(GapData of, Stretch left)
    {
        var id = SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{of.Gap:D}/{SegmentIndex.Ns(left.Start)}"))).AsSpan(0, 16);
        // A UUIDv7: the time of its start, and the rest by chance.
        Guid.CreateVersion7(left.Start.ToDateTimeOffset()).ToByteArray(bigEndian: true).AsSpan(0, 6).CopyTo(id);
        id[6] = (byte)((id[6] & 0x0F) | 0x70);
        id[8] = (byte)((id[8] & 0x3F) | 0x80);
        return of with { Gap = new Guid(id, bigEndian: true), Revision = 1, Start = left.Start, End = left.End };
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

    private async Task<bool> SealAsync(GapData revised, CancellationToken cancellation)
    {
        try
        {
            await (writers.Pick() ?? throw new IOException("no volume can be written to")).SealAsync(GapSeal.Of(revised).Record!, cancellation);
            return true;
        }
        catch (IOException e)
        {
            LogUnsealed(revised.Gap, e.Message);
            return false;
        }
    }

    [LoggerMessage(2803, LogLevel.Warning, "Gap {Gap} was refilled, but the seal log does not say so before the next start: {Error}")]
    private partial void LogUnsealed(Guid gap, string error);
}
