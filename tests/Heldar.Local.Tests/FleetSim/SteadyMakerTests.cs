using Heldar.Contracts.Events;
using Heldar.Local.FleetSim;
using NodaTime;

namespace Heldar.Local.Tests.FleetSim;

public sealed class SteadyMakerTests
{
    private static readonly Instant Start = Instant.FromUtc(2026, 3, 1, 12, 0);

    [Fact]
    public void Events_ComeAtTheRatesThatWereAskedFor_EachAtItsTime()
    {
        List<(SimEvent Event, Instant Due)> told = Tell(hours: 10);
        var counts = told.CountBy(e => e.Event.Type).ToDictionary(c => c.Key, c => c.Value);

        // 10 h: 2 cameras × 36,000 s ÷ 30; 36,000 ÷ 2; 2 × 600 sweeps.
        Assert.Equal(2400, counts[EventTypes.SegmentClosed], 2.0);
        Assert.Equal(18_000, counts[EventTypes.BoxStatus], 1.0);
        Assert.Equal(1200, counts[EventTypes.FootageDeleted], 2.0);
        Assert.InRange(counts[EventTypes.Detection], 1800, 2200); // 2 × 10 × 100 ± 4.5 sigma
        Assert.InRange(counts[EventTypes.Zone], 320, 480);
        Assert.All(told, e => Assert.True(e.Event.Time <= e.Due && e.Due - e.Event.Time < Duration.FromMilliseconds(1)));
        Assert.Equal(told.Count, told.Select(e => e.Event.Id).Distinct().Count());
    }

    [Fact]
    public void SameSeed_TellsTheSame() => Assert.Equal(Tell(1).Select(e => e.Event.Id), Tell(1).Select(e => e.Event.Id));

    [Fact]
    public void PastHour_IsFilledEvenly()
    {
        (EventMaker maker, SteadyMaker steady) = New();
        List<SimEvent> events = [.. steady.PastHour(maker.Cameras[0], Start, 60, 0)];

        Assert.Equal(60, events.Count);
        Assert.Equal((Start + Duration.FromMinutes(1), Start + Duration.FromHours(1)), (events[0].Time, events[^1].Time));
    }

    private static List<(SimEvent Event, Instant Due)> Tell(int hours)
    {
        (_, SteadyMaker steady) = New();
        steady.Begin(Start);
        List<(SimEvent, Instant)> all = [];
        for (Instant now = Start; now <= Start + Duration.FromHours(hours); now += Duration.FromMinutes(1)) all.AddRange(steady.Due(now, 0));
        return all;
    }

    private static (EventMaker Maker, SteadyMaker Steady) New()
    {
        var maker = new EventMaker(1, 0, Start, new FleetSimOptions(1, "/nowhere") { Cameras = 2 });
        return (maker, new SteadyMaker(new SteadyLoad { DetectionsPerHour = 100, ZonesPerHour = 20 }, maker, new SimRandom(1, 0)));
    }
}
