using NodaTime;

namespace Heldar.Edge.Jobs;

/// <summary>What a job needs to know of its camera.</summary>
/// <param name="Exists">The box has it.</param>
/// <param name="Enabled">It is switched on.</param>
/// <param name="RecordedSince">Begin of the recording that runs.</param>
/// <param name="RecordedThrough">End of what is on disk.</param>
/// <param name="Cause">Why it does not record.</param>
internal sealed record JobCamera(bool Exists, bool Enabled, Instant? RecordedSince, Instant? RecordedThrough, string? Cause)
{
    public static JobCamera None { get; } = new(false, false, null, null, null);
}

/// <summary>
/// The states of a job as a pure function of the time and its camera: <c>pending → starting → recording → stopping → completed</c>, and <c>failed</c>,
/// <c>cancelled</c>, <c>missed</c>. Every job under way ends: at the latest a little after its time, whatever its camera does.
/// </summary>
internal static class JobMachine
{
    /// <summary>The last footage reaches the disk within this: the keyframe that ends it, its fragment, a sync.</summary>
    public static readonly Duration StopPatience = Duration.FromSeconds(20);

    private static readonly Duration Almost = Duration.FromSeconds(1);

    /// <summary>Whether a job may go from one state to another.</summary>
    public static bool Allows(JobState from, JobState to) => (from, to) switch
    {
        (JobState.Pending, JobState.Starting or JobState.Missed) => true,
        // A restart, or a clock that was set back: footage must come anew.
        (JobState.Recording, JobState.Starting) => true,
        // What was recorded before a restart counts, also when nothing came after it.
        (JobState.Starting, JobState.Recording or JobState.Missed or JobState.Completed) => true,
        (JobState.Recording, JobState.Stopping) => true,
        (JobState.Stopping, JobState.Completed or JobState.Failed) => true,
        (JobState.Pending or JobState.Starting or JobState.Recording, JobState.Cancelled or JobState.Failed) => true,
        _ => false,
    };

    /// <summary>Whether <see cref="Step"/> needs to know what was recorded of it.</summary>
    public static bool IsJudged(RecordingJob job, JobTime time) => job.State == JobState.Stopping || (job.State is JobState.Starting or JobState.Recording && time.IsOver(job.To));

    /// <summary>The job a moment later; the same when nothing changes. Call it until it is.</summary>
    /// <param name="job">As it is.</param>
    /// <param name="camera">Its camera now.</param>
    /// <param name="footage">What was recorded of it; null while nobody can say, and then no job ends by its time.</param>
    /// <param name="time">The box's clock. While it is in doubt, what it jumped over is not over: it waits, and is recorded when its time comes after all.</param>
    public static RecordingJob Step(RecordingJob job, JobCamera camera, JobFootage? footage, JobTime time) => Moved(job, camera, footage, time, time.Now);

    private static RecordingJob Moved(RecordingJob job, JobCamera camera, JobFootage? footage, JobTime time, Instant now) => job.State switch
    {
        JobState.Pending when time.IsOver(job.To) => Enter(job, JobState.Missed, now, "its time was jumped over"),
        JobState.Pending when now >= job.From && now < job.To => Begin(job, camera, now),
        JobState.Starting or JobState.Recording when !camera.Exists => Enter(job, JobState.Failed, now, "the camera was removed"),
        JobState.Starting or JobState.Recording when !camera.Enabled => Enter(job, JobState.Failed, now, "the camera is switched off"),
        JobState.Starting when HasFootage(job, camera) => Enter(job, JobState.Recording, now, null),
        JobState.Starting when footage is not null && time.IsOver(job.To + StopPatience) => End(job, footage, now, camera.Cause ?? "the camera sent nothing"),
        JobState.Recording when time.IsOver(job.To) => Enter(job, JobState.Stopping, now, null),
        JobState.Recording when now < job.From - Almost => Enter(job, JobState.Starting, now, "the clock was set back: it waits for its time again"),
        JobState.Stopping when footage is not null && (footage.IsWhole(job) || now >= job.To + StopPatience || now < job.From) => End(job, footage, now, camera.Cause),
        _ => job,
    };

    /// <summary>What a job that a stop or crash left in the middle is after the start.</summary>
    /// <param name="job">As the database has it.</param>
    /// <param name="footage">What was recorded of it.</param>
    /// <param name="time">The box's clock.</param>
    public static RecordingJob Recover(RecordingJob job, JobFootage footage, JobTime time)
    {
        const string Down = "the box went down";
        var (now, over) = (time.Now, time.IsOver(job.To));
        return job.State switch
        {
            JobState.Pending when over => Enter(job, JobState.Missed, now, "the box was not running"),
            JobState.Starting when over && footage.Recorded > Duration.Zero => End(job, footage, now, Down),
            JobState.Starting when over => Enter(job, JobState.Missed, now, "the box went down before anything was recorded"),
            JobState.Recording when over => End(Enter(job, JobState.Stopping, now, null), footage, now, Down),
            JobState.Recording => Enter(job, JobState.Starting, now, "the box was restarted"),
            JobState.Stopping => End(job, footage, now, Down),
            _ => job,
        };
    }

    /// <summary>The cancelled job; null when it is too late for that.</summary>
    public static RecordingJob? Cancel(RecordingJob job, Instant now, string? why = null) => Allows(job.State, JobState.Cancelled) ? Enter(job, JobState.Cancelled, now, why) : null;

    /// <summary>When the answer of <see cref="Step"/> may change by time alone; null when it never does.</summary>
    public static Instant? Next(RecordingJob job) => job.State switch
    {
        JobState.Pending => job.From,
        JobState.Starting => job.To + StopPatience,
        JobState.Recording => job.To,
        JobState.Stopping => job.To + StopPatience,
        _ => null,
    };

    private static RecordingJob Begin(RecordingJob job, JobCamera camera, Instant now) =>
        !camera.Exists ? Enter(job, JobState.Failed, now, "the camera was removed")
        : !camera.Enabled ? Enter(job, JobState.Failed, now, "the camera is switched off")
        : Enter(job, JobState.Starting, now, null);

    private static bool HasFootage(RecordingJob job, JobCamera camera) =>
        camera is { RecordedSince: { } since, RecordedThrough: { } through } && since < job.To && through > job.From;

    /// <summary>The end of its time: nothing recorded is a failure, a part is told as a part.</summary>
    private static RecordingJob End(RecordingJob job, JobFootage footage, Instant now, string? cause) =>
        footage.Recorded == Duration.Zero ? Enter(job, JobState.Failed, now, cause ?? "nothing of it was recorded")
        : footage.IsWhole(job) ? Enter(job, JobState.Completed, now, null)
        : Enter(job, JobState.Completed, now, cause is null ? footage.Text(job) : $"{footage.Text(job)}: {cause}");

    private static RecordingJob Enter(RecordingJob job, JobState state, Instant now, string? detail) => Allows(job.State, state)
        ? job with { State = state, Since = now, Detail = detail }
        : throw new InvalidOperationException($"a job does not go from {job.State} to {state}");
}
