using System.Collections.Immutable;
using System.Data.Common;
using Heldar.Edge.Audit;
using Heldar.Edge.Cameras;
using Heldar.Edge.Settings;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Jobs;

/// <summary>What became of a wish to cancel.</summary>
internal enum CancelOutcome
{
    Done,
    NotFound,

    /// <summary>It has ended, or is about to.</summary>
    TooLate,
}

/// <summary>
/// All jobs under way and all series, in memory and in the database. A new job or a cancellation is on disk before it counts; what the clock moves on counts at once and
/// is written as soon as the database answers. What people change is written down in the same transaction. Loaded before the cameras start. Thread-safe.
/// </summary>
internal sealed class JobBook(BoxSettings settings, IStoreWriter store, IStoreReader reader, JobClock clock, IAuditLog audit) : IWishSource, IDisposable
{
    /// <summary>Most jobs under way on a box, and most series.</summary>
    public const int MaxLive = 2000;
    public const int MaxSeries = 500;

    /// <summary>Most occurrences that a long time without the box leaves behind, per series.</summary>
    private const int MaxMissed = 400;
    private static readonly Duration Kept = Duration.FromDays(1);
    private static readonly TimeSpan ReadPatience = TimeSpan.FromSeconds(2);

    /// <summary>The next occurrence of any series lies within this, unless it has to begin later.</summary>
    private static readonly Duration Ahead = Duration.FromDays(8);
    private readonly SemaphoreSlim _change = new(1, 1);
    private readonly HashSet<Guid> _unwritten = [];
    private volatile State _state = new(ImmutableDictionary<Guid, RecordingJob>.Empty, []);

    /// <summary>Jobs under way.</summary>
    public IReadOnlyList<RecordingJob> Live => [.. _state.Jobs.Values.Where(j => !j.IsFinal)];

    public IReadOnlyList<JobSeries> Series => _state.Series;

    /// <summary>The clock was right at the last look; while it is not, what it jumped over waits.</summary>
    public bool IsClockSure { get; private set; }

    /// <summary>Loads what is kept and ends what a stop or crash left in the middle.</summary>
    public async Task LoadAsync(CancellationToken cancellation)
    {
        await clock.LoadAsync(cancellation);
        var time = clock.Look();
        IsClockSure = time.IsSure;
        await store.EnqueueAsync(
            db =>
            {
                var jobs = JobRows.Live(db).ToList();
                var series = JobRows.Series(db).Select(s => Plan(s, time, jobs)).ToImmutableArray();
                jobs = [.. jobs.Select(j => JobMachine.Recover(j, JobFootage.Of(j.From, j.To, JobRows.Recorded(db, j)), time))];
                foreach (var job in jobs) JobRows.Put(db, job);
                foreach (var one in series) JobRows.Put(db, one);
                _state = new State(jobs.ToImmutableDictionary(j => j.Id), series);
            },
            cancellation);
    }

    /// <summary>Adds a job; false when the box has too many.</summary>
    public Task<bool> AddAsync(RecordingJob job, AuditEntry note, CancellationToken cancellation) => ChangeAsync(
        async () =>
        {
            if (Live.Count >= MaxLive) return false;
            await WriteAsync(db => JobRows.Put(db, job), note, cancellation);
            _state = _state with { Jobs = _state.Jobs.Add(job.Id, job) };
            return true;
        },
        cancellation);

    /// <summary>Adds a series and its first occurrence; false when the box has too many.</summary>
    public Task<bool> AddAsync(JobSeries series, AuditEntry note, CancellationToken cancellation) => ChangeAsync(
        async () =>
        {
            if (_state.Series.Length >= MaxSeries || Live.Count >= MaxLive) return false;
            var jobs = new List<RecordingJob>();
            var planned = Plan(series, clock.Look(), jobs);
            await WriteAsync(db => Put(db, planned, jobs), note, cancellation);
            _state = new State(_state.Jobs.AddRange(jobs.Select(j => KeyValuePair.Create(j.Id, j))), _state.Series.Add(planned));
            return true;
        },
        cancellation);

    /// <summary>Cancels a job.</summary>
    public Task<CancelOutcome> CancelAsync(Guid id, AuditEntry note, CancellationToken cancellation) => ChangeAsync(
        async () =>
        {
            if (!_state.Jobs.TryGetValue(id, out var job)) return CancelOutcome.NotFound;
            if (JobMachine.Cancel(job, clock.Look().Now) is not { } cancelled) return CancelOutcome.TooLate;
            await WriteAsync(db => JobRows.Put(db, cancelled), note, cancellation);
            _state = _state with { Jobs = _state.Jobs.SetItem(id, cancelled) };
            return CancelOutcome.Done;
        },
        cancellation);

    /// <summary>Ends a series; occurrences that have not begun are cancelled. False when there is none.</summary>
    public Task<JobSeries?> RemoveSeriesAsync(Guid id, AuditEntry note, CancellationToken cancellation) => ChangeAsync(
        async () =>
        {
            if (_state.Series.FirstOrDefault(s => s.Id == id) is not { } series) return null;
            var now = clock.Look().Now;
            var cancelled = _state.Jobs.Values.Where(j => j.Series == id && j.State == JobState.Pending).Select(j => JobMachine.Cancel(j, now)!).ToList();
            await WriteAsync(
                db =>
                {
                    JobRows.RemoveSeries(db, id);
                    foreach (var job in cancelled) JobRows.Put(db, job);
                },
                note,
                cancellation);
            _state = new State(_state.Jobs.SetItems(cancelled.Select(j => KeyValuePair.Create(j.Id, j))), _state.Series.Remove(series));
            return series;
        },
        cancellation);

    private Task WriteAsync(Action<DbConnection> change, AuditEntry note, CancellationToken cancellation) => store.EnqueueAsync(
        db =>
        {
            change(db);
            audit.Append(db, note);
        },
        cancellation);

    /// <summary>Moves every job on as far as its camera and the clock let it, and plans what comes next. Answers the jobs that changed.</summary>
    public Task<IReadOnlyList<RecordingJob>> StepAsync(Func<Guid, JobCamera> camera, CancellationToken cancellation) => ChangeAsync<IReadOnlyList<RecordingJob>>(
        async () =>
        {
            var time = clock.Look();
            var now = time.Now;
            IsClockSure = time.IsSure;
            var changed = new List<RecordingJob>();
            var recorded = await RecordedAsync([.. Live.Where(j => JobMachine.IsJudged(j, time))], cancellation);
            foreach (var job in Live)
            {
                var (next, its) = (job, camera(job.Camera));
                var footage = recorded?.TryGetValue(job.Id, out var closed) == true ? Footage(job, its, closed) : null;
                for (var before = next; (next = JobMachine.Step(before, its, footage, time)) != before; before = next) changed.Add(next);
            }

            var planned = new List<RecordingJob>();
            var series = _state.Series.Select(s => Plan(s, time, planned)).ToImmutableArray();
            if (time.IsSure) changed.AddRange(Live.Where(j => j.State == JobState.Pending && IsTooFar(j, now)).Select(j => JobMachine.Cancel(j, now, "it was planned by a clock that was ahead")!));
            var jobs = _state.Jobs.SetItems(changed.Concat(planned).Select(j => KeyValuePair.Create(j.Id, j)));
            _state = new State(jobs.RemoveRange(jobs.Values.Where(j => time.IsSure && j.IsFinal && j.To < now - Kept && j.Since < now - Kept).Select(j => j.Id)), series);
            _unwritten.UnionWith(changed.Concat(planned).Select(j => j.Id));
            await WriteAsync(cancellation);
            return changed;
        },
        cancellation);

    public IEnumerable<Wish> Between(Guid camera, Instant from, Instant to)
    {
        foreach (var job in _state.Jobs.Values)
        {
            if (job.Camera != camera || job.From >= to || job.To <= from) continue;
            // What was given up is wanted no longer than until then.
            var end = job.State is JobState.Cancelled or JobState.Failed ? Instant.Min(job.To, job.Since) : job.To;
            if (end > job.From) yield return new Wish(job.From, end, WishReason.Job, job.Name);
        }
    }

    public void Dispose() => _change.Dispose();

    /// <summary>What is closed and what runs.</summary>
    private static JobFootage Footage(RecordingJob job, JobCamera camera, IReadOnlyList<Stretch> closed) => JobFootage.Of(
        job.From, job.To, camera is { RecordedSince: { } since, RecordedThrough: { } through } ? closed.Append(new Stretch(since, through)) : closed);

    private static void Put(System.Data.Common.DbConnection db, JobSeries series, IEnumerable<RecordingJob> jobs)
    {
        JobRows.Put(db, series);
        foreach (var job in jobs) JobRows.Put(db, job);
    }

    /// <summary>Makes the occurrences that should be there: those whose time came since the last look, and the next one.</summary>
    private JobSeries Plan(JobSeries series, JobTime time, List<RecordingJob> jobs)
    {
        var now = time.Now;
        // A clock that was far ahead planned what nobody waits for.
        if (time.IsSure && series.Planned > now + Ahead) series = series with { Planned = now };
        var made = _state.Jobs.Values.Concat(jobs).Where(j => j.Series == series.Id).ToList();
        var coming = made.Any(j => j.From > now && !IsTooFar(j, now) && !j.IsFinal);
        // What a clock in doubt jumped over may be yet to come.
        var due = time.IsSure ? Occurrences.Between(series, settings.TimeZone, series.Planned, now).TakeLast(MaxMissed) : [];
        var next = Occurrences.Between(series, settings.TimeZone, Instant.Max(series.Planned, now), now + Ahead).Where(s => made.All(j => j.From != s.Start)).Take(coming ? 0 : 1);
        var planned = series.Planned;
        foreach (var stretch in due.Concat(next))
        {
            jobs.Add(new RecordingJob(Guid.CreateVersion7(now.ToDateTimeOffset()), series.Camera, series.Name, series.Id, stretch.Start, stretch.End, JobState.Pending, now, null));
            planned = stretch.Start + Duration.Epsilon;
        }

        return time.IsSure ? series with { Planned = Instant.Max(planned, now) } : series;
    }

    /// <summary>An occurrence that no right clock has planned.</summary>
    private static bool IsTooFar(RecordingJob job, Instant now) => job.Series is not null && job.From > now + Ahead;

    /// <summary>What the index has of the jobs whose time is over; null while it does not answer: then they wait, and the others do not.</summary>
    private async Task<IReadOnlyDictionary<Guid, IReadOnlyList<Stretch>>?> RecordedAsync(IReadOnlyList<RecordingJob> jobs, CancellationToken cancellation)
    {
        if (jobs.Count == 0) return null;
        try
        {
            return await reader.ReadAsync(db => jobs.ToDictionary(j => j.Id, j => JobRows.Recorded(db, j)), cancellation).WaitAsync(ReadPatience, cancellation);
        }
        catch (Exception e) when (e is System.Data.Common.DbException or TimeoutException)
        {
            return null;
        }
    }

    /// <summary>Writes what changed; while the database does not answer, it waits.</summary>
    private async Task WriteAsync(CancellationToken cancellation)
    {
        if (_unwritten.Count == 0) return;
        var (jobs, series) = (_unwritten.Select(id => _state.Jobs.GetValueOrDefault(id)).OfType<RecordingJob>().ToList(), _state.Series);
        await store.EnqueueAsync(
            db =>
            {
                foreach (var job in jobs) JobRows.Put(db, job);
                foreach (var one in series) JobRows.Put(db, one);
            },
            cancellation);
        _unwritten.Clear();
    }

    private async Task<T> ChangeAsync<T>(Func<Task<T>> change, CancellationToken cancellation)
    {
        await _change.WaitAsync(cancellation);
        try
        {
            return await change();
        }
        finally
        {
            _change.Release();
        }
    }

    private sealed record State(ImmutableDictionary<Guid, RecordingJob> Jobs, ImmutableArray<JobSeries> Series);
}
