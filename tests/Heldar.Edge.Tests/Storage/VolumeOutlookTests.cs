using Heldar.Edge.Gaps;
using Heldar.Edge.Health;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;
using Microsoft.Extensions.Logging;
using NodaTime;

namespace Heldar.Edge.Tests.Storage;

/// <summary>What is written, how long that can go on, and that held evidence is told of before it stops recording.</summary>
public sealed class VolumeOutlookTests
{
    private const long GiB = 1L << 30;
    private static readonly Instant Start = Instant.FromUtc(2026, 11, 21, 4, 37);

    [Fact]
    public void Rate_FollowsWhatIsWritten_AndForgets()
    {
        var rate = new WriteRate();
        rate.Take(1000, Start);
        rate.Take(5000, Start + Duration.FromSeconds(5));
        Assert.Null(rate.BytesPerSecond);
        rate.Take(11_000, Start + Duration.FromSeconds(10));
        Assert.Equal(1000, rate.BytesPerSecond!.Value, 3);
        var written = 11_000L;
        var now = Start + Duration.FromSeconds(10);
        for (var i = 0; i < 600; i++) rate.Take(written += 20_000, now += Duration.FromSeconds(10));
        Assert.InRange(rate.BytesPerSecond!.Value, 1990, 2000);

        // A volume that was opened anew, or a clock that was set back, begins anew.
        rate.Take(0, now += Duration.FromSeconds(10));
        rate.Take(20_000, now + Duration.FromSeconds(10));
        Assert.InRange(rate.BytesPerSecond!.Value, 1990, 2001);
    }

    [Fact]
    public void Outlook_TellsHoursToTheFloor_DaysThatFit_AndHoursToHeld()
    {
        var outlook = VolumeOutlook.Of(At(free: 110 * GiB, rate: GiB / 3600.0), new Footprint(100, 370 * GiB, 130 * GiB), floor: 10 * GiB);

        Assert.Equal(100, outlook.HoursToFloor!.Value, 3);
        Assert.Equal(470 / 24.0, outlook.DaysThatFit!.Value, 3);
        Assert.Equal(350, outlook.HoursToHeld!.Value, 3);
        Assert.Null(VolumeOutlook.Of(At(1, null), new Footprint(0, 0, 0), 0).HoursToFloor);
    }

    [Theory]
    [InlineData(100, 100, 0, nameof(HeldLevel.Fine))]
    [InlineData(10, 100, 50, nameof(HeldLevel.Fine))]
    [InlineData(10, 100, 90, nameof(HeldLevel.Warning))]
    [InlineData(0, 100, 100, nameof(HeldLevel.Full))]
    public void HeldFootage_IsToldBeforeItStopsRecording(int freeGiB, int keptGiB, int heldGiB, string level) =>
        Assert.Equal(level, HeldWatch.Judge([VolumeOutlook.Of(At(freeGiB * GiB, GiB / 3600.0), new Footprint(1, keptGiB * GiB, heldGiB * GiB), 0)]).Level.ToString());

    [Theory]
    [InlineData(80, nameof(HeldLevel.Warning))]
    [InlineData(70, nameof(HeldLevel.Fine))]
    public void HeldFootage_IsToldByItsShareOfTheDisk_HoweverSlowlyItIsWritten(int heldGiB, string level)
    {
        var (said, detail) = HeldWatch.Judge([VolumeOutlook.Of(At(900 * GiB, rate: 1), new Footprint(1, 80 * GiB, heldGiB * GiB), floor: 890 * GiB)]);

        Assert.Equal(level, said.ToString());
        Assert.Equal(said != HeldLevel.Fine, detail?.Contains("release holds", StringComparison.Ordinal) ?? false);
    }

    [Fact]
    public void OneDiskThatIsFullOfHeldFootage_IsAWarning_WhileAnotherOneRecords()
    {
        var (full, room) = (Of("/full", 0, 100, 100), Of("/room", 500, 100, 0));
        Assert.Equal(HeldLevel.Warning, HeldWatch.Judge([room, full]).Level);
        Assert.StartsWith("/full: ", HeldWatch.Judge([room, full]).Detail, StringComparison.Ordinal);
        Assert.Equal(HeldLevel.Full, HeldWatch.Judge([full, Of("/other", 0, 100, 100)]).Level);

        // Nothing is known of a disk that was pulled.
        var away = full with { Volume = full.Volume with { Fault = VolumeFault.Away } };
        Assert.Equal(HeldLevel.Fine, HeldWatch.Judge([room, away]).Level);
    }

    [Fact]
    public void Alarm_RisesAtOnce_FallsAfterAMinute_AndLogsEachStepOnce()
    {
        var (alarm, log) = (new HeldFootage(), new Lines());
        using var watch = new HeldWatch(null!, alarm, log);
        var (fine, warning, full) = (Of("/v", 500, 100, 50), Of("/v", 10, 100, 90), Of("/v", 0, 100, 100));
        watch.Look([fine]);
        Assert.Equal((HeldLevel.Fine, 0), (alarm.Level, log.Told.Count));

        for (var i = 0; i < 40; i++)
        {
            watch.Look([i % HeldWatch.LooksToFall == 0 ? warning : fine]);
            Assert.Equal(HeldLevel.Warning, alarm.Level);
        }

        Assert.Equal([LogLevel.Error], log.Told);
        for (var i = 0; i < 3; i++) watch.Look([full]);
        for (var i = 1; i < HeldWatch.LooksToFall; i++) watch.Look([warning]);
        Assert.Equal((HeldLevel.Full, 2), (alarm.Level, log.Told.Count));
        watch.Look([warning]);
        Assert.Equal((HeldLevel.Warning, 2), (alarm.Level, log.Told.Count));

        watch.Look([Of("/v", 10, 100, 0)]);
        Assert.Equal((HeldLevel.Fine, (string?)null), (alarm.Level, alarm.Detail));
        Assert.Equal([LogLevel.Error, LogLevel.Error, LogLevel.Information], log.Told);
    }

    private static VolumeOutlook Of(string path, long freeGiB, long keptGiB, long heldGiB) =>
        VolumeOutlook.Of(At(freeGiB * GiB, GiB / 3600.0) with { Path = path }, new Footprint(1, keptGiB * GiB, heldGiB * GiB), 0);

    private static VolumeStatus At(long free, double? rate) => new("/v", VolumeRole.Primary, Guid.Empty, VolumeFault.None, null, free, 1000 * GiB, rate);

    private sealed class Lines : ILogger<HeldWatch>
    {
        public List<LogLevel> Told { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Told.Add(logLevel);
    }
}
