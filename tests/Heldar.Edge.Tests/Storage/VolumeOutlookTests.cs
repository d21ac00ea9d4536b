using Heldar.Edge.Gaps;
using Heldar.Edge.Health;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;
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

    private static VolumeStatus At(long free, double? rate) => new("/v", VolumeRole.Primary, Guid.Empty, VolumeFault.None, null, free, 1000 * GiB, rate);
}
