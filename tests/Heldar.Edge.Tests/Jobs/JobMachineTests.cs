using Heldar.Edge.Jobs;
using Heldar.Edge.Schedules;
using NodaTime;

namespace Heldar.Edge.Tests.Jobs;

public sealed class JobMachineTests
{
    private static readonly Instant From = Instant.FromUtc(2026, 11, 21, 10, 0);
    private static readonly Instant To = Instant.FromUtc(2026, 11, 21, 10, 30);
    private static readonly JobCamera Ready = new(true, true, null, null, null);

    [Fact]
    public void Job_GoesThroughItsStates()
    {
        var job = Job(JobState.Pending);
        Assert.Same(job, JobMachine.Step(job, Ready, From - Duration.Epsilon));
        job = JobMachine.Step(job, Ready, From);
        Assert.Equal((JobState.Starting, From), (job.State, job.Since));
        Assert.Same(job, JobMachine.Step(job, Ready with { RecordedSince = From - Duration.FromSeconds(60), RecordedThrough = From }, From));
        job = JobMachine.Step(job, Recorded(5), From + Duration.FromSeconds(6));
        Assert.Equal(JobState.Recording, job.State);
        Assert.Same(job, JobMachine.Step(job, Recorded(1700), To - Duration.Epsilon));
        job = JobMachine.Step(job, Recorded(1797), To);
        Assert.Equal(JobState.Stopping, job.State);
        Assert.Same(job, JobMachine.Step(job, Recorded(1797), To));
        Assert.Equal(JobState.Completed, JobMachine.Step(job, Recorded(1800), To + Duration.FromSeconds(1)).State);
        Assert.Equal(JobState.Completed, JobMachine.Step(job, Recorded(1797), To + JobMachine.StopPatience).State);
    }

    [Fact]
    public void JobWithoutFootage_Fails_AndSaysWhy()
    {
        var failed = JobMachine.Step(Job(JobState.Starting), Ready with { Cause = "refused" }, To + JobMachine.StopPatience);
        Assert.Equal((JobState.Failed, "refused"), (failed.State, failed.Detail));
        Assert.Equal(JobState.Failed, JobMachine.Step(Job(JobState.Pending), Ready with { Enabled = false }, From).State);
        Assert.Equal(JobState.Failed, JobMachine.Step(Job(JobState.Recording), JobCamera.None, From).State);
    }

    /// <summary>Camera that connects late: what came at the very end is told although it is seen behind the end.</summary>
    [Fact]
    public void FootageOfTheLastSecond_Counts() =>
        Assert.Equal(JobState.Recording, JobMachine.Step(Job(JobState.Starting), Recorded(1800) with { RecordedSince = To - Duration.FromSeconds(2) }, To + Duration.FromSeconds(1)).State);

    [Theory]
    [InlineData("Pending", 3600, null, "Missed")]
    [InlineData("Pending", 600, null, "Pending")] // begins late, but begins
    [InlineData("Starting", 3600, null, "Missed")]
    [InlineData("Starting", 600, null, "Starting")]
    [InlineData("Recording", 600, 300, "Starting")]
    [InlineData("Recording", 3600, 300, "Failed")] // never late, never as if it were whole
    [InlineData("Recording", 3600, 1800, "Completed")]
    [InlineData("Stopping", 3600, 1797, "Completed")]
    [InlineData("Completed", 3600, null, "Completed")]
    [InlineData("Cancelled", 3600, null, "Cancelled")]
    public void Crash_LeavesNoStateInTheMiddle(string state, int secondsLater, int? recorded, string expected)
    {
        var job = JobMachine.Recover(Job(Enum.Parse<JobState>(state)), recorded is { } s ? From + Duration.FromSeconds(s) : null, From + Duration.FromSeconds(secondsLater));
        Assert.Equal(expected, job.State.ToString());
        if (job.State is JobState.Failed or JobState.Missed) Assert.NotNull(job.Detail);
    }

    [Fact]
    public void ClockSteps_NeverRecordLate_AndGoOnWhenTheTimeComesAgain()
    {
        Assert.Equal(JobState.Missed, JobMachine.Step(Job(JobState.Pending), Ready, To + Duration.FromDays(3650)).State);
        var waiting = JobMachine.Step(Job(JobState.Recording), Recorded(300), From - Duration.FromHours(1));
        Assert.Equal(JobState.Starting, waiting.State);
        Assert.Same(waiting, JobMachine.Step(waiting, Ready, From - Duration.FromMinutes(30)));
        Assert.Equal(JobState.Recording, JobMachine.Step(waiting, Recorded(10), From + Duration.FromSeconds(11)).State);
        Assert.Equal(JobState.Completed, JobMachine.Step(Job(JobState.Stopping), Recorded(300), From - Duration.FromHours(1)).State);
    }

    [Theory]
    [InlineData("Pending", true)]
    [InlineData("Starting", true)]
    [InlineData("Recording", true)]
    [InlineData("Stopping", false)]
    [InlineData("Completed", false)]
    [InlineData("Missed", false)]
    [InlineData("Cancelled", false)]
    public void Cancel_IsForWhatHasNotEnded(string state, bool possible) => Assert.Equal(possible, JobMachine.Cancel(Job(Enum.Parse<JobState>(state)), From) is not null);

    /// <summary>Whatever camera, clock and restarts do: only allowed transitions, final states stay, and every job ends.</summary>
    [Fact]
    public void AnyStory_EndsInAFinalState()
    {
        var random = new Random(7);
        for (var story = 0; story < 3000; story++)
        {
            var job = Job(JobState.Pending);
            var now = From - Duration.FromMinutes(random.Next(60));
            for (var i = 0; i < 60; i++)
            {
                now += Duration.FromSeconds(random.Next(8) == 0 ? random.Next(-3600, 3600) : random.Next(0, 120));
                job = Advance(job, Camera(random, now), now, random.Next(10) == 0);
            }

            now = To + Duration.FromHours(1);
            for (var i = 0; i < 5; i++) job = Advance(job, Camera(random, now), now, restart: false);
            Assert.True(job.IsFinal, $"{job.State} in story {story}");
            Assert.Equal(job, Advance(job, Ready, From, restart: true));
        }
    }

    /// <summary>The same wall-clock time each day, through both changes of the clock.</summary>
    [Fact]
    public void Series_FollowsTheWallClock()
    {
        var zone = DateTimeZoneProviders.Tzdb["Europe/Berlin"];
        var series = new JobSeries(Guid.CreateVersion7(), Guid.CreateVersion7(), null, new Weekdays(127), new DailyWindow(9 * 3600, 10 * 3600), null, null, default);
        var year = Occurrences.Between(series, zone, Instant.FromUtc(2026, 1, 1, 0, 0), Instant.FromUtc(2027, 1, 1, 0, 0)).ToList();
        Assert.Equal(365, year.Count);
        Assert.All(year, o => Assert.Equal((9, Duration.FromHours(1)), (o.Start.InZone(zone).Hour, o.End - o.Start)));
        Assert.Equal([Duration.FromHours(23), Duration.FromHours(25)], year.Zip(year.Skip(1), (a, b) => b.Start - a.Start).Where(d => d != Duration.FromHours(24)));

        // 02:30 to 03:00 does not happen on the last Sunday of March, and lasts 90 minutes on that of October.
        var night = series with { Window = new DailyWindow((2 * 3600) + 1800, 3 * 3600), Days = new Weekdays(1 << 6) };
        var nights = Occurrences.Between(night, zone, Instant.FromUtc(2026, 1, 1, 0, 0), Instant.FromUtc(2027, 1, 1, 0, 0)).ToList();
        Assert.Equal(51, nights.Count);
        Assert.DoesNotContain(nights, o => o.Start.InZone(zone).Date == new LocalDate(2026, 3, 29));
        Assert.Equal(Duration.FromMinutes(90), nights.Where(o => o.Start.InZone(zone).Date == new LocalDate(2026, 10, 25)).Select(o => o.End - o.Start).Single());
    }

    private static RecordingJob Advance(RecordingJob job, JobCamera camera, Instant now, bool restart)
    {
        var next = restart ? JobMachine.Recover(job, camera.RecordedThrough, now) : JobMachine.Step(job, camera, now);
        for (var i = 0; next != job; i++)
        {
            Assert.True(i < 8, "a job goes in circles");
            Assert.False(job.IsFinal);
            job = next;
            next = JobMachine.Step(job, camera, now);
        }

        return job;
    }

    private static JobCamera Camera(Random random, Instant now) => new(
        random.Next(60) > 0, random.Next(60) > 0, random.Next(2) == 0 ? null : now - Duration.FromSeconds(random.Next(300)), random.Next(4) == 0 ? null : now - Duration.FromSeconds(random.Next(20)), null);

    private static JobCamera Recorded(int seconds) => Ready with { RecordedSince = From, RecordedThrough = From + Duration.FromSeconds(seconds) };

    private static RecordingJob Job(JobState state) => new(Guid.CreateVersion7(), Guid.CreateVersion7(), "test", null, From, To, state, From, null);
}
