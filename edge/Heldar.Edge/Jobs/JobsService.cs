using Heldar.Contracts.Events;
using Heldar.Edge.Cameras;
using NodaTime;

namespace Heldar.Edge.Jobs;

/// <summary>
/// Moves the jobs on: waits for the next moment that one of them asks for, or until somebody changes them; while one waits for footage it looks each second. An
/// unexpected error is logged, and the next look tries again.
/// </summary>
internal sealed partial class JobsService(JobBook book, CameraRegistry cameras, WishTiming timing, IClock clock, ILogger<JobsService> log) : BackgroundService
{
    private static readonly Duration Look = Duration.FromSeconds(1);
    private static readonly Duration Overdue = Duration.FromMilliseconds(100);
    private static readonly Duration SeriesLook = Duration.FromHours(1);
    private readonly SemaphoreSlim _changed = new(0, 1);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await book.LoadAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <summary>Looks again at once.</summary>
    public void Wake()
    {
        try
        {
            _changed.Release();
        }
        catch (SemaphoreFullException)
        {
            // A look is due already.
        }
    }

    public override void Dispose()
    {
        _changed.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await _changed.WaitAsync(Wait().ToTimeSpan(), stoppingToken);
                await StepAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogFailed(e);
                await Task.Delay(TimeSpan.FromSeconds(1), stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task StepAsync(CancellationToken cancellation)
    {
        var observed = (await cameras.ObserveAsync(cancellation)).ToDictionary(c => c.Config.Uid);
        var changed = await book.StepAsync(
            camera => observed.TryGetValue(camera, out var one) ? new JobCamera(true, one.Config.Enabled, one.Recorder?.RecordedSince, one.Recorder?.RecordedThrough, one.Condition == CameraCondition.Idle ? null : one.Cause) : JobCamera.None,
            cancellation);
        foreach (var job in changed)
        {
            if (job.State is JobState.Failed or JobState.Missed || job is { State: JobState.Completed, Detail: not null }) LogLost(job.Id, job.Name, cameras.Find(job.Camera)?.Slug ?? "-", job.State, job.Detail);
            else LogState(job.Id, job.Name, cameras.Find(job.Camera)?.Slug ?? "-", job.State);
        }

        foreach (var camera in changed.Where(j => j.IsFinal).Select(j => j.Camera).Distinct()) await cameras.ReviewAsync(camera, cancellation);
    }

    private Duration Wait()
    {
        var live = book.Live;
        // Where a clock may be set, a long wait would end at another time.
        var longest = Duration.Max(timing.LongestWait, Duration.FromMilliseconds(1));
        if (live.Count == 0) return book.Series.Count == 0 ? SeriesLook : longest;
        var next = live.Min(j => JobMachine.Next(j) ?? Instant.MaxValue) - clock.GetCurrentInstant();
        if (live.Any(j => j.State is JobState.Starting or JobState.Stopping)) next = Duration.Min(next, Look);
        // Overdue is what waits for the index, which does not answer, or for a clock to be believed: no reason to ask without a pause.
        if (next <= Duration.Zero) next = book.IsClockSure ? Overdue : Look;
        return Duration.Max(Duration.FromMilliseconds(1), Duration.Min(next, longest));
    }

    [LoggerMessage(2601, LogLevel.Information, "job {Job} ({Name}) of camera {Camera}: {State}")]
    private partial void LogState(Guid job, string? name, string camera, JobState state);

    [LoggerMessage(2602, LogLevel.Warning, "job {Job} ({Name}) of camera {Camera}: {State}, {Detail}")]
    private partial void LogLost(Guid job, string? name, string camera, JobState state, string? detail);

    [LoggerMessage(2603, LogLevel.Error, "jobs could not be moved on")]
    private partial void LogFailed(Exception error);
}
