using Heldar.Edge.Cameras;
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
        Assert.Same(job, Step(job, Ready, From - Duration.Epsilon));
        job = Step(job, Ready, From);
        Assert.Equal((JobState.Starting, From), (job.State, job.Since));
        Assert.Same(job, Step(job, Ready with { RecordedSince = From - Duration.FromSeconds(60), RecordedThrough = From }, From));
        job = Step(job, Recorded(5), From + Duration.FromSeconds(6));
        Assert.Equal(JobState.Recording, job.State);
        Assert.Same(job, Step(job, Recorded(1700), To - Duration.Epsilon));
        job = Step(job, Recorded(1797), To);
        Assert.Equal(JobState.Stopping, job.State);
        Assert.Same(job, Step(job, Recorded(1797), To));
        Assert.Equal((JobState.Completed, (string?)null), Told(Step(job, Recorded(1800), To + Duration.FromSeconds(1))));
    }

    /// <summary>Whoever looks at the list of jobs learns that most of it is missing.</summary>
    [Theory]
    [InlineData(1799, "Completed", null)]
    [InlineData(1798, "Completed", "recorded 1798 of 1800 s, until 2026-11-21T10:29:58Z")]
    [InlineData(5, "Completed", "recorded 5 of 1800 s, until 2026-11-21T10:00:05Z")]
    [InlineData(0, "Failed", "nothing of it was recorded")]
    public void JobThatLostMostOfItsTime_SaysSo(int seconds, string state, string? detail)
    {
        var job = Job(JobState.Stopping);
        var footage = Footage(seconds);
        if (!footage.IsWhole(job)) Assert.Same(job, JobMachine.Step(job, Recorded(1800), footage, JobTime.Sure(To + JobMachine.StopPatience - Duration.Epsilon)));
        var ended = JobMachine.Step(job, Recorded(1800), footage, JobTime.Sure(To + JobMachine.StopPatience));
        Assert.Equal((state, detail), (ended.State.ToString(), ended.Detail));

        var cause = JobMachine.Step(job, Ready with { Cause = "refused" }, footage, JobTime.Sure(To + JobMachine.StopPatience)).Detail;
        Assert.Equal(detail is null ? null : seconds == 0 ? "refused" : detail + ": refused", cause);
    }

    /// <summary>Holes in the middle are missing as much as the end.</summary>
    [Fact]
    public void Footage_IsWhatLiesWithinTheJob_WithoutItsHoles()
    {
        Stretch Of(int start, int end) => new(From + Duration.FromSeconds(start), From + Duration.FromSeconds(end));
        var footage = JobFootage.Of(From, To, [Of(1700, 1900), Of(-60, 10), Of(10, 20), Of(15, 30)]);
        Assert.Equal(new JobFootage(Duration.FromSeconds(130), To), footage);
        Assert.Equal(JobFootage.None, JobFootage.Of(From, To, [Of(-60, 0), Of(1800, 1900)]));
    }

    [Fact]
    public void JobWhoseFootageNobodyKnows_Waits()
    {
        foreach (var state in (JobState[])[JobState.Starting, JobState.Stopping])
        {
            var job = Job(state);
            Assert.Same(job, JobMachine.Step(job, Ready, null, JobTime.Sure(To + Duration.FromHours(1))));
        }
    }

    /// <summary>Recorded before a restart, nothing after it: neither missed nor failed.</summary>
    [Fact]
    public void FootageBeforeARestart_Counts()
    {
        Assert.Equal((JobState.Completed, "recorded 300 of 1800 s, until 2026-11-21T10:05:00Z: refused"), Told(JobMachine.Step(Job(JobState.Starting), Ready with { Cause = "refused" }, Footage(300), JobTime.Sure(To + JobMachine.StopPatience))));
        Assert.Equal((JobState.Completed, "recorded 300 of 1800 s, until 2026-11-21T10:05:00Z: the box went down"), Told(JobMachine.Recover(Job(JobState.Starting), Footage(300), JobTime.Sure(To))));
    }

    [Fact]
    public void JobWithoutFootage_Fails_AndSaysWhy()
    {
        var failed = Step(Job(JobState.Starting), Ready with { Cause = "refused" }, To + JobMachine.StopPatience);
        Assert.Equal((JobState.Failed, "refused"), (failed.State, failed.Detail));
        Assert.Equal(JobState.Failed, Step(Job(JobState.Pending), Ready with { Enabled = false }, From).State);
        Assert.Equal(JobState.Failed, Step(Job(JobState.Recording), JobCamera.None, From).State);
    }

    /// <summary>Camera that connects late: what came at the very end is told although it is seen behind the end.</summary>
    [Fact]
    public void FootageOfTheLastSecond_Counts() =>
        Assert.Equal(JobState.Recording, Step(Job(JobState.Starting), Recorded(1800) with { RecordedSince = To - Duration.FromSeconds(2) }, To + Duration.FromSeconds(1)).State);

    [Theory]
    [InlineData("Pending", 3600, 0, "Missed", "the box was not running")]
    [InlineData("Pending", 600, 0, "Pending", null)] // begins late, but begins
    [InlineData("Starting", 3600, 0, "Missed", "the box went down before anything was recorded")]
    [InlineData("Starting", 600, 0, "Starting", null)]
    [InlineData("Recording", 600, 300, "Starting", "the box was restarted")]
    [InlineData("Recording", 3600, 300, "Completed", "recorded 300 of 1800 s, until 2026-11-21T10:05:00Z: the box went down")] // never late, never as if it were whole
    [InlineData("Recording", 3600, 0, "Failed", "the box went down")]
    [InlineData("Recording", 3600, 1800, "Completed", null)]
    [InlineData("Stopping", 3600, 1799, "Completed", null)]
    [InlineData("Stopping", 3600, 20, "Completed", "recorded 20 of 1800 s, until 2026-11-21T10:00:20Z: the box went down")]
    [InlineData("Stopping", 3600, 0, "Failed", "the box went down")]
    [InlineData("Completed", 3600, 0, "Completed", null)]
    [InlineData("Cancelled", 3600, 0, "Cancelled", null)]
    public void Crash_LeavesNoStateInTheMiddle(string state, int secondsLater, int recorded, string expected, string? detail)
    {
        var job = JobMachine.Recover(Job(Enum.Parse<JobState>(state)), Footage(recorded), JobTime.Sure(From + Duration.FromSeconds(secondsLater)));
        Assert.Equal((expected, detail), (job.State.ToString(), job.Detail));
    }

    [Fact]
    public void ClockSteps_NeverRecordLate_AndGoOnWhenTheTimeComesAgain()
    {
        Assert.Equal(JobState.Missed, Step(Job(JobState.Pending), Ready, To + Duration.FromDays(3650)).State);
        var waiting = Step(Job(JobState.Recording), Recorded(300), From - Duration.FromHours(1));
        Assert.Equal(JobState.Starting, waiting.State);
        Assert.Same(waiting, Step(waiting, Ready, From - Duration.FromMinutes(30)));
        Assert.Equal(JobState.Recording, Step(waiting, Recorded(10), From + Duration.FromSeconds(11)).State);
        Assert.Equal(JobState.Completed, Step(Job(JobState.Stopping), Recorded(300), From - Duration.FromHours(1)).State);
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
        var next = restart ? JobMachine.Recover(job, Footage(job, camera), JobTime.Sure(now)) : Step(job, camera, now);
        for (var i = 0; next != job; i++)
        {
            Assert.True(i < 8, "a job goes in circles");
            Assert.False(job.IsFinal);
            job = next;
            next = Step(job, camera, now);
        }

        return job;
    }

    private static JobCamera Camera(Random random, Instant now) => new(
        random.Next(60) > 0, random.Next(60) > 0, random.Next(2) == 0 ? null : now - Duration.FromSeconds(random.Next(300)), random.Next(4) == 0 ? null : now - Duration.FromSeconds(random.Next(20)), null);

    [Theory]
    [InlineData("Pending")]
    [InlineData("Starting")]
    [InlineData("Recording")]
    public void WhatAClockInDoubtJumpedOver_Waits_AndWhatItRanThroughEnds(string state)
    {
        var (job, late) = (Job(Enum.Parse<JobState>(state)), To + Duration.FromDays(3650));
        Assert.Same(job, JobMachine.Step(job, Ready, Footage(0), new JobTime(late, late, false)));
        Assert.NotEqual(JobState.Missed, JobMachine.Recover(job, Footage(0), new JobTime(late, late, false)).State);
        Assert.NotEqual(job.State, JobMachine.Step(job, Ready, Footage(0), new JobTime(late, From, false)).State);
        Assert.NotEqual(job.State, JobMachine.Step(job, Ready, Footage(0), JobTime.Sure(late)).State);
    }

    private static RecordingJob Step(RecordingJob job, JobCamera camera, Instant now) => JobMachine.Step(job, camera, Footage(job, camera), JobTime.Sure(now));

    private static JobFootage Footage(RecordingJob job, JobCamera camera) =>
        camera is { RecordedSince: { } since, RecordedThrough: { } through } ? JobFootage.Of(job.From, job.To, [new Stretch(since, through)]) : JobFootage.None;

    private static JobFootage Footage(int seconds) => JobFootage.Of(From, To, [new Stretch(From, From + Duration.FromSeconds(seconds))]);

    private static (JobState State, string? Detail) Told(RecordingJob job) => (job.State, job.Detail);

    private static JobCamera Recorded(int seconds) => Ready with { RecordedSince = From, RecordedThrough = From + Duration.FromSeconds(seconds) };

    private static RecordingJob Job(JobState state) => new(Guid.CreateVersion7(), Guid.CreateVersion7(), "test", null, From, To, state, From, null);
}
