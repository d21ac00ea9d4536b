using Heldar.Contracts.Events;
using Heldar.Edge.Seals;
using NodaTime;

namespace Heldar.Edge.Recovery;

/// <summary>
/// What the ledger of gaps goes on from while the index is being filled: the newest line of the seal logs that says what stands, and the wishes and gaps that were sealed since.
/// Filled before cameras start, only read afterwards.
/// </summary>
internal sealed class StandingLedger
{
    /// <summary>A camera's first wish is noted a moment after its footage begins.</summary>
    private static readonly Duration Moment = Duration.FromMinutes(1);
    private readonly Dictionary<Guid, Standing> _cameras = [];

    /// <summary>Footage from here on is younger than what is known; meaningless before <see cref="TryTake"/>.</summary>
    public Instant At { get; private set; } = Instant.MaxValue;

    /// <summary>Cameras that were wanted, or have a gap that lasts.</summary>
    public IReadOnlyList<Guid> Unfinished => [.. _cameras.Where(c => c.Value.Since is not null || c.Value.Gap is not null).Select(c => c.Key)];

    /// <summary>One camera; null when nothing is known of it.</summary>
    public Standing? Find(Guid camera) => _cameras.GetValueOrDefault(camera);

    /// <summary>Takes what the newest files of the logs say; false when none says what stands.</summary>
    /// <param name="logs">For each volume its newest files, and the lines of them about the ledger, in their order. They make sense.</param>
    /// <param name="learn">Told slug and uid of each camera.</param>
    public bool TryTake(IReadOnlyList<(IReadOnlyList<string> Files, IReadOnlyList<SealEntry> Lines)> logs, Action<string, Guid> learn)
    {
        // A file that began a moment ago may not say it yet: the one before does.
        var said = logs.Select((log, number) => (Log: number, Line: log.Lines.ToList().FindLastIndex(l => l.Record.Standing is not null && log.Files.TakeLast(2).Contains(l.Hour))))
            .Where(s => s.Line >= 0).Select(s => (s.Log, s.Line, logs[s.Log].Lines[s.Line].Record)).ToList();
        if (said.Count == 0) return false;
        var newest = said.MaxBy(s => s.Record.At);
        At = newest.Record.At - Moment;
        var (wishes, gaps, through) = (new Dictionary<(Guid Camera, Instant From), WantedSeal>(), new Dictionary<Guid, GapData>(), new Dictionary<Guid, Instant>());
        Take(newest.Record);
        for (var number = 0; number < logs.Count; number++)
        {
            // Behind it in its own log; in another one, by the clock.
            var since = number == newest.Log ? logs[number].Lines.Skip(newest.Line + 1) : logs[number].Lines.Where(l => l.Record.At >= newest.Record.At);
            foreach (var (_, record) in since) Take(record);
        }

        var (wanted, missing) = (wishes.Values.ToLookup(w => w.Camera), gaps.Values.ToLookup(g => g.Camera));
        foreach (var camera in wanted.Select(w => w.Key).Union(missing.Select(g => g.Key)))
        {
            _cameras[camera] = new Standing(
                wanted[camera].Where(w => w.To is null).Select(w => (Instant?)w.From).Max(), wanted[camera].Where(w => w.To is not null).MaxBy(w => w.To), missing[camera].Where(g => g.End is null).MaxBy(g => g.Start),
                through.TryGetValue(camera, out var end) ? end : null);
        }

        return true;

        void Take(SealRecord record)
        {
            if (record.Wanted is { } noted) Want(noted);
            if (record.Missing is { } told) Miss(told);
            foreach (var (camera, slug, wish, gap, end) in record.Standing?.Cameras ?? [])
            {
                learn(slug, camera);
                if (end is { } known) through[camera] = known;
                if (wish is not null) Want(wish);
                if (gap is not null) Miss(gap);
            }
        }

        void Want(WantedSeal wish)
        {
            if (wish.To is not null || !wishes.ContainsKey((wish.Camera, wish.From))) wishes[(wish.Camera, wish.From)] = wish;
        }

        void Miss(GapData gap)
        {
            if (!gaps.TryGetValue(gap.Gap, out var known) || gap.Revision > known.Revision) gaps[gap.Gap] = gap;
        }
    }

    /// <summary>What stands of one camera.</summary>
    /// <param name="Since">Begin of the wish that stands; null without one.</param>
    /// <param name="Ended">The newest wish that has ended, as far as it is known.</param>
    /// <param name="Gap">The gap that lasts.</param>
    /// <param name="Through">How far the camera was recorded at least.</param>
    internal sealed record Standing(Instant? Since, WantedSeal? Ended, GapData? Gap, Instant? Through);
}
