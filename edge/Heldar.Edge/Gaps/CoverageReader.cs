using Heldar.Contracts.Events;
using Heldar.Edge.Cameras;
using Heldar.Edge.Indexer;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Gaps;

/// <summary>How much of the wanted footage of a window there is.</summary>
/// <param name="Wanted">Seconds that footage was wanted.</param>
/// <param name="Present">Seconds of them that are there.</param>
/// <param name="ByCause">Seconds of them that gaps explain, by cause; no second counts twice.</param>
/// <param name="Unexplained">Seconds of them that nothing explains.</param>
internal sealed record Coverage(double Wanted, double Present, IReadOnlyDictionary<GapCause, double> ByCause, double Unexplained)
{
    /// <summary>Part of the present seconds that came back from the camera's own storage.</summary>
    public double Refilled { get; init; }

    /// <summary>Seconds of them that were there and were deleted since.</summary>
    public double Deleted { get; init; }

    /// <summary>Seconds of the window that nothing was wanted in.</summary>
    public double Idle { get; init; }

    /// <summary>The camera now; null when it was removed.</summary>
    public CameraObserved? Camera { get; init; }
}

/// <summary>Answers questions about coverage from the index and the ledger. Thread-safe.</summary>
internal sealed class CoverageReader(IStoreReader reader, SegmentIndex index, CameraRegistry cameras, IClock clock)
{
    public async Task<Coverage> ReadAsync(Guid camera, Instant from, Instant to, CancellationToken cancellation)
    {
        var now = clock.GetCurrentInstant();
        var observed = cameras.Get(camera.ToString("D")) is { } actor ? await actor.ObserveAsync(cancellation) : null;
        var gaps = await reader.ReadAsync(db => GapRows.Pages(db, camera, from, to).ToList(), cancellation);
        // What is recorded but not yet on disk is judged when it is; a gap that lasts reaches to now.
        var judged = Instant.Min(to, gaps.Any(g => g.End is null) || observed is { Wish.IsWanted: false, Recorder.RecordedSince: null } ? now : observed?.Recorder?.RecordedThrough ?? now);
        if (judged <= from) return new Coverage(0, 0, new Dictionary<GapCause, double>(), 0) { Camera = observed };
        var wanted = Stretch.Merge(await reader.ReadAsync(db => GapRows.Wanted(db, camera, from, judged), cancellation));
        var recorded = (await index.TimelineAsync(camera, from, judged, cancellation)).Select(s => new Stretch(s.Start, s.End)).ToList();
        if (observed?.Recorder is { RecordedSince: { } since, RecordedThrough: { } through }) recorded.Add(new Stretch(Instant.Max(from, since), Instant.Min(judged, through)));
        var foreign = Stretch.Merge((await index.ForeignAsync(camera, from, judged, cancellation)).Select(s => new Stretch(s.Start, s.End)));
        var deleted = Stretch.Merge(await reader.ReadAsync(db => GapRows.Deleted(db, camera, from, judged), cancellation), SpanRows.Tolerance);
        var coverage = Of(wanted, recorded, gaps, judged, deleted);
        return coverage with { Idle = Math.Max(0, (judged - from).TotalSeconds - coverage.Wanted), Camera = observed, Refilled = Stretch.Seconds(Stretch.Both(wanted, foreign)) };
    }

    /// <summary>Puts it together.</summary>
    public static Coverage Of(IReadOnlyList<Stretch> wanted, IEnumerable<Stretch> recorded, IReadOnlyList<GapData> gaps, Instant to, IReadOnlyList<Stretch>? deleted = null)
    {
        var footage = Stretch.Merge(recorded, SpanRows.Tolerance);
        var missing = Stretch.Without(wanted, footage);
        var lost = Stretch.Both(missing, deleted ?? []);
        missing = Stretch.Without(missing, lost);
        var seconds = Stretch.Seconds(missing);
        var gone = Stretch.Seconds(lost);
        var byCause = new Dictionary<GapCause, double>();
        foreach (var group in gaps.GroupBy(g => g.Cause).OrderBy(g => g.Key))
        {
            var explained = Stretch.Both(missing, Stretch.Merge(group.Select(g => new Stretch(g.Start, g.End ?? to))));
            missing = Stretch.Without(missing, explained);
            if (explained.Count > 0) byCause[group.Key] = Stretch.Seconds(explained);
        }

        return new Coverage(Stretch.Seconds(wanted), Stretch.Seconds(wanted) - seconds - gone, byCause, Stretch.Seconds(missing)) { Deleted = gone };
    }
}
