using Heldar.Media.Rtp;
using Heldar.Media.Streams;
using Heldar.Media.Timing;
using NodaTime;

namespace Heldar.Media.Tests.Timing;

public sealed class RunClockTests
{
    private const long Second = ArrivalTime.Second;
    private const long Wall0 = 1_772_000_000 * Second;

    private readonly RunClock _clock = new(90_000, opensRuns: true);
    private long _wallStep;

    [Fact]
    public void FirstPicture_OpensARun_AtItsArrival()
    {
        var placed = Place(1000, 0, key: true);
        Assert.Equal(RunReason.Connected, placed.NewRun);
        Assert.Equal(Wall0, Nanoseconds(placed.Time));
    }

    [Fact]
    public void Timestamps_AreUnwrapped_Over32Bits()
    {
        Place(uint.MaxValue - 1799, 0, key: true);
        var second = Place(1800, 0.04);
        Assert.Null(second.NewRun);
        Assert.Equal(uint.MaxValue + 1801L, second.Timestamp);
        Assert.Equal(Wall0 + (Second / 25), Nanoseconds(second.Time));
    }

    [Fact]
    public void DelayedPictures_DoNotMoveTheTimeline()
    {
        Place(0, 0, key: true);
        for (var i = 1; i < 100; i++)
        {
            var placed = Place((uint)(i * 3600), (i * 0.04) + (i % 7 * 0.03));
            Assert.Equal(Wall0 + (i * Second / 25), Nanoseconds(placed.Time));
        }
    }

    [Fact]
    public void FirstPictureLate_IsSlewedBack_AtMost500Ppm()
    {
        Place(0, 0.3, key: true);
        var before = Nanoseconds(Place(3600, 0.04).Time) - 3600L * Second / 90000;
        for (var i = 2; i < 25 * 100; i++)
        {
            var offset = Nanoseconds(Place((uint)(i * 3600), i * 0.04).Time) - ArrivalTime.FromTicks(i * 3600L, 90000);
            Assert.InRange(before - offset, 0, (Second / 25 / 2000) + 100);
            before = offset;
        }

        Assert.InRange(before - Wall0, Second / 5, Second * 26 / 100);
    }

    [Fact]
    public void CameraClockOffBy100Ppm_IsFollowedWithoutANewRun()
    {
        Place(0, 0, key: true);
        for (var i = 1; i < 25 * 3600; i++)
        {
            var seconds = i * 0.04;
            var placed = Place((uint)(long)(i * 3600 * 1.0001), seconds, key: i % 50 == 0);
            Assert.Null(placed.NewRun);
            Assert.InRange(Nanoseconds(placed.Time) - Wall0 - (long)(seconds * Second), -Second / 50, Second / 50);
        }
    }

    [Fact]
    public void CameraClockOffByOnePercent_OpensRuns_AtKeyframesOnly()
    {
        var runs = 0;
        for (var i = 0; i < 25 * 600; i++)
        {
            var placed = Place((uint)(long)(i * 3600 * 1.01), i * 0.04, key: i % 50 == 0);
            if (placed.NewRun is null) continue;
            runs++;
            Assert.Equal(0, i % 50);
        }

        Assert.InRange(runs, 4, 8);
    }

    [Fact]
    public void BFrames_DoNotOpenARun()
    {
        int[] presentation = [0, 4, 2, 1, 3, 8, 6, 5, 7];
        for (var i = 0; i < presentation.Length; i++)
        {
            var placed = Place((uint)(presentation[i] * 3600), i * 0.04, key: i == 0);
            Assert.Equal(i == 0, placed.NewRun is not null);
            Assert.Equal(presentation[i] * 3600, placed.Timestamp);
        }
    }

    [Theory]
    [InlineData(9_000_000u)]
    [InlineData(4_000_000_000u)]
    [InlineData(400_000u - 300_000u)]
    public void TimestampJump_CarriesOnToTheKeyframe_ThenOpensARun(uint jumpedTo)
    {
        Place(400_000, 0, key: true);
        Place(403_600, 0.04);
        var carried = Place(jumpedTo, 0.08);
        var next = Place(jumpedTo + 3600, 0.12);
        Assert.Null(carried.NewRun);
        Assert.InRange(carried.Timestamp, 403_601, 408_000);
        Assert.Equal(3600, next.Timestamp - carried.Timestamp);
        Assert.Equal(Wall0 + (Second * 12 / 100), Nanoseconds(next.Time), (double)Second / 1000);
        var key = Place(jumpedTo + 7200, 0.16, key: true);
        Assert.Equal(RunReason.TimestampJump, key.NewRun);
        Assert.Equal(Wall0 + (Second * 16 / 100), Nanoseconds(key.Time));
        Assert.Null(Place(jumpedTo + 10800, 0.20).NewRun);
    }

    [Fact]
    public void KeyframeThatGoesBack_OpensARun()
    {
        Place(400_000, 0, key: true);
        Place(403_600, 0.04);
        Assert.Equal(RunReason.TimestampJump, Place(400_000, 0.08, key: true).NewRun);
    }

    [Theory]
    [InlineData(-3600)]
    [InlineData(7200)]
    [InlineData(1)]
    public void BoxClockStep_OpensARunAtTheNextKeyframe(int seconds)
    {
        Place(0, 0, key: true);
        Place(3600, 0.04);
        _wallStep = seconds * Second;
        var held = Place(7200, 0.08);
        Assert.Null(held.NewRun);
        Assert.Equal(Wall0 + (Second * 8 / 100), Nanoseconds(held.Time));
        var key = Place(10800, 0.12, key: true);
        Assert.Equal(RunReason.ClockStep, key.NewRun);
        Assert.Equal(Wall0 + (Second * 12 / 100) + _wallStep, Nanoseconds(key.Time));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3600)]
    public void RunInTimestampsThatGoOn_BeginsWhereTheLeastDelayedSay_HoweverLateItsKeyframe(int step)
    {
        Place(0, step == 0 ? 2.5 : 0, key: true);
        Place(3600, 0.04);
        _wallStep = step * Second;
        Place(7200, 0.08);
        var key = Place(10800, 0.12 + 3, key: true);
        Assert.Equal(step == 0 ? RunReason.TimestampJump : RunReason.ClockStep, key.NewRun);
        Assert.Equal(Wall0 + (Second * 12 / 100) + _wallStep, Nanoseconds(key.Time));
        Assert.Null(Place(14400, 0.16, key: true).NewRun);
    }

    [Fact]
    public void CarriedPictures_AreAsLateAsTheOneBefore()
    {
        Place(0, 0, key: true);
        // Read together, two seconds late; the timestamps jump in between.
        Place(3600, 2.04);
        var carried = Place(9_000_000, 2.04);
        Assert.Equal(Wall0 + (Second * 8 / 100), Nanoseconds(carried.Time), (double)Second / 1000);
        Assert.Equal(Wall0 + (Second * 12 / 100), Nanoseconds(Place(9_003_600, 2.04).Time), (double)Second / 1000);
    }

    [Fact]
    public void CameraClock_IsUsedWithin5Seconds_OnlyWhenAsked()
    {
        _clock.FollowBias = 0;
        Place(0, 0, key: true);
        var offset = _clock.Report(new SenderReport(1, Ntp(Wall0 + (2 * Second)), 0), At(0));
        Assert.InRange(offset!.Value.TotalSeconds, 1.999, 2.001);
        Place(3600, 0.04);
        var key = Place(7200, 0.08, key: true);
        Assert.NotNull(key.NewRun);
        Assert.InRange(Nanoseconds(key.Time) - Wall0, (2.079 * Second), (2.081 * Second));
    }

    [Fact]
    public void CameraClock_FurtherAway_IsReportedButNotUsed()
    {
        _clock.FollowBias = 0;
        Place(0, 0, key: true);
        Assert.InRange(_clock.Report(new SenderReport(1, Ntp(Wall0 - (3600 * Second)), 0), At(0))!.Value.TotalSeconds, -3600.001, -3599.999);
        Place(3600, 0.04);
        Assert.Null(Place(7200, 0.08, key: true).NewRun);
        Assert.Null(_clock.Report(new SenderReport(1, 0, 0), At(0)));
    }

    [Fact]
    public void Audio_CarriesJumpsOn_AndAlignsToVideoBySenderReports()
    {
        var audio = new RunClock(8000, opensRuns: false);
        Place(90_000, 0, key: true);
        _clock.Report(new SenderReport(1, Ntp(Wall0), 90_000), At(0));
        audio.Report(new SenderReport(2, Ntp(Wall0), 500), At(0));
        audio.FollowBias = _clock.Bias;
        var first = audio.Place(500, true, At(0.2));
        Assert.Equal(Wall0, Nanoseconds(first.Time), Second / 1e5);
        audio.Place(660, true, At(0.22));
        var jumped = audio.Place(900_000_000, true, At(0.24));
        Assert.Null(jumped.NewRun);
        Assert.InRange(jumped.Timestamp, 661, 2600);
    }

    private static ulong Ntp(long nanoseconds)
    {
        var seconds = (ulong)(nanoseconds / Second) + 2_208_988_800UL;
        return (seconds << 32) | (((ulong)(nanoseconds % Second) << 32) / (ulong)Second);
    }

    private static long Nanoseconds(Instant time) => time.ToUnixTimeTicks() * 100;

    private ArrivalTime At(double seconds) => new(Wall0 + _wallStep + (long)(seconds * Second), (long)(seconds * Second));

    private Placement Place(uint timestamp, double seconds, bool key = false) => _clock.Place(timestamp, key, At(seconds));
}
